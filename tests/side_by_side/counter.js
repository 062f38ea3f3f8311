// A counter as a durable object of workerd, asked by 64 callers that each wait for the answer.
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

// GET /METHOD?calls=N. Whoever asks takes the time: a clock of workerd stands still while its work needs no other
// machine, and no timer goes off.
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const method = url.pathname.slice(1);
    const stub = env.COUNTER.getByName(method);
    let left = Number(url.searchParams.get("calls"));
    const ask = async () => {
      while (left-- > 0) await stub[method]();
    };
    await Promise.all(Array.from({ length: 64 }, ask));
    return new Response("done\n");
  },
};
