#include "scenarios/cli/design_help.h"

namespace orrery::cli {

// The reader's own words are in scenarios/design/design.h; a test reads every line of this that is TOML.
std::string design_file_text() {
  return R"(Design files

A design is a workload in TOML: who calls, which objects, what their handlers do, what must hold.
orrery init booking writes one to begin with. Below, every key there is; | stands between choices.

  orrery = 1                          # the version of the format
  name = "booking"                    # without it, the file's name
  include = "base.toml"               # or a list; values of this file win
  run = { duration = "10m", warmup = "10s", seeds = 5 }
  mix = { book = 0.3, view = 0.7 }    # weights of handlers: "book" or "Venue.book"
  properties = ["durability"]         # without it all: orrery list properties

  [[clients]]
  name = "eu"
  region = "weur"                     # a location hint, or city = "Frankfurt"
  clients = 100                       # users; they share the rate
  arrivals = { process = "poisson", rate = "248/s" }
  #          { process = "constant", rate = "10/s" }
  #          { process = "bursty", base = "80/s", peak = "400/s", on = "5s", off = "55s" }
  #          { process = "ramp", from = "10/s", to = "500/s", over = "5m" }
  #          { process = "closed", think = "exponential 2s" }
  #          { process = "trace" }    # what [trace] says
  mix = { view = 1 }                  # of this group alone
  retry = { on = ["timeout", "error"], timeout = "5s", max = 2, backoff = "200ms..2s" }

  [objects.Venue]
  key = { dist = "zipf", n = 100, s = 1.1, affinity = 0.8 }   # uniform | zipf | hot with share = 0.2
  shards = 1                          # objects that share the keys; "per-key": one each
  place = "enam"                      # hint | city | "first-request" | "home"
  holds = "turn"                      # commit | call: how long an object lets nobody in
  storage = "sqlite"                  # kv: the older kind, whose reads wait unless they are in memory
  [objects.Venue.handlers]            # steps, in order
  view = ["cpu 0.7ms", "sql.read 0.28ms rows=5"]
  book = ["cpu 1.25ms", { fetch = "payments", gate = "open" }, "sql.write 0.65ms rows=3"]

  Steps
    "cpu 0.7ms"                       the object is busy; any distribution
    "kv.get"  "kv.put bytes=200"      one key; bytes=request: as many as the request carries
    "sql.read rows=5"  "sql.write 0.65ms rows=3"
    "sync"                            until what was written is durable
    "wait 10ms"                       others may enter meanwhile
    "reply"                           the caller has its answer; the rest goes on behind it
    { fetch = "payments" }            asks a service; gate = "closed": nobody enters meanwhile
    { call = "Room.post", key = "7" } calls another object; keys = 100: one of so many
    { block = [steps] }               blockConcurrencyWhile
    { all = [[steps], [steps]] }      side by side
    { when = 0.1, then = [steps] }    in this share of the runs

  Times       "5ms"  "uniform 1ms..3ms"  "exponential 5ms"  "lognormal 8ms sigma 0.3"  "pareto 1ms alpha 1.5"
              { median = "85ms", sigma = 0.4 }

  [services.payments]
  region = "enam"
  latency = { median = "85ms", sigma = 0.4 }
  refusals = 0.01                     # the share that it refuses

  [[faults]]                          # orrery list faults
  kind = "crash"
  target = "Venue/0"                  # an object's machine, or a machine: "iad-1-1"
  at = "4m"                           # or point = "before_sync", nth = 3
  lasts = "2s"

  [[faults]]
  kind = "partition"
  target = "lhr,fra"                  # two cities against the rest; or one machine against all others
  at = "6m"
  lasts = "5s"
  stops = "out"                       # only what they send; also "in"

  [trace]                             # requests recorded elsewhere: CSV or JSON Lines
  file = "requests.csv"               # beside this file
  columns = { time = "ts", from = "colo", client = "user", key = "path", operation = "method", bytes = "size" }
  operations = { GET = "view", POST = "book" }
  speed = 50                          # so many times as fast
  spread = "1s"                       # times are whole seconds: requests come at moments within them

  [objectives]
  p99 = "500ms"                       # each group; also mean, max, errors = "0.1%", throughput = "400/s"
  "eu.p99" = "300ms"                  # a group, a handler or "all"

  [counted.charged_once]              # for each request
  kind = "at-most-once"               # at-least-once | exactly-once
  event = "payments"                  # fetches from a service, or runs of a handler: "Venue.book"
  of = "Venue.book"                   # requests that call this handler; without it, all

  [network]                           # access = "lognormal 8ms sigma 0.3", jitter = 0.02
  matrix = "rtt.csv"                  # from,to,rtt_ms; cities = "cities.csv": city,latitude_deg,longitude_deg
  [disk]                              # sync = "lognormal 1ms sigma 0.3"
  [world]                             # data_centers_per_city = 3, machines_per_data_center = 1
  [costs]                             # turn, storage_operation, spread: of steps without a time of their own

  [variant.shards]                    # laid over the rest: run --variant shards, compare --all-variants
  objects.Venue.shards = "per-key"

--set takes the same paths: --set objects.Venue.shards=4, --set clients.eu.arrivals.rate=300/s, and
--set rate=x1.5 makes every rate so many times as high.
)";
}

}  // namespace orrery::cli
