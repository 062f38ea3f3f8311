using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "counter.js", esModule = embed "counter.js")],
      compatibilityDate = "2026-11-01",
      durableObjectNamespaces = [(className = "Counter", uniqueKey = "side-by-side", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [(name = "COUNTER", durableObjectNamespace = "Counter")],
    )),
    (name = "disk", disk = (path = "disk", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:18787", http = (), service = "main")],
);
