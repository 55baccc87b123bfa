"""GET /api/cache/{key} on one node, beside nginx that answers every request with the same page."""
import load
import servers

TITLE = "HTTP GET"
WANTED = 2.0  # times nginx's CPU per request
KEY = "key:000000000001"
RAW = ("-H", "Accept: application/octet-stream")


def measure(options):
    with servers.node() as ours, servers.nginx("x" * load.VALUE_BYTES) as nginx:
        load.fill(ours)
        kinds = {"JSON": (), "raw": RAW}
        rows, verdicts = [], []
        for kind, headers in kinds.items():
            runs = load.interleaved((nginx, ours), options.runs,
                                    lambda s: load.wrk(s, f"/api/cache/{KEY}", options.seconds, *headers))
            found = runs[nginx.name], runs[ours.name]
            ratio = load.median(found[1], "cpu_us") / load.median(found[0], "cpu_us")
            rows.append([kind, *map(load.cost, found), f"{ratio:.2f}",
                         ", ".join(f"{load.median(f, 'rate'):.0f}" for f in found),
                         ", ".join(f"{load.median(f, 'p99_us'):.0f}" for f in found),
                         f"{load.median(found[0] + found[1], 'foreign'):.2f}"])
            verdicts.append((f"HTTP GET, {kind}", ratio, WANTED))
            print(" | ".join(rows[-1]), flush=True)
    lines = [f"wrk with one thread and {load.CONNECTIONS} connections; a value of {load.VALUE_BYTES} bytes, and a page "
             "of as many.", ""]
    return lines + load.table(["response", "nginx CPU µs/request", "hypercache CPU µs/request", "ratio",
                               "requests/s: nginx, hypercache", "p99 µs: nginx, hypercache",
                               "cores busy with other things"], rows), verdicts
