// A counter as a durable object of workerd, asked by 64 callers that each wait for the answer: calls a second.
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  count = 0;
  increment_in_memory() {
    return ++this.count;
  }
  increment() {
    const count = (this.ctx.storage.kv.get("count") ?? 0) + 1;
    this.ctx.storage.kv.put("count", count);
    return count;
  }
}

export default {
  async fetch(request, env) {
    const method = new URL(request.url).pathname.slice(1);
    const stub = env.COUNTER.getByName(method);
    const callers = 64;
    const lasts = 3_000;
    let answers = 0;
    let is_over = false;
    const ask = async () => {
      while (!is_over) {
        await stub[method]();
        ++answers;
      }
    };
    const all = Promise.all(Array.from({ length: callers }, ask));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = answers;
    const from = Date.now();
    await new Promise((resolve) => setTimeout(resolve, lasts));
    const rate = (answers - before) / ((Date.now() - from) / 1000);
    is_over = true;
    await all;
    return new Response(rate.toFixed(0));
  },
};
