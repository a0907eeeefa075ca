"""redis-py, the talk's own baseline. Arguments PARSER PORT WORK..., then "run SECONDS UNITS" lines, as contestant.ts."""

import json
import resource
import sys
import time

FIELDS = [f"field:{i:012d}" for i in range(1000)]
HASH = "bench:hash"
VALUE = "value:123456"


def say(answer):
    print(json.dumps(answer), flush=True)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def step_of(client, kind, words):
    if kind == "one":
        if words[0] == "HSET":
            return lambda: (client.hset(HASH, FIELDS[0], VALUE), 1)[1]
        return lambda: (client.hget(HASH, FIELDS[0]), 1)[1]
    if kind == "pipeline":
        depth = int(words[1])

        def pipeline():
            pipe = client.pipeline(transaction=False)
            if words[0] == "HSET":
                for i in range(depth):
                    pipe.hset(HASH, FIELDS[i % 1000], VALUE)
            else:
                for i in range(depth):
                    pipe.hget(HASH, FIELDS[i % 1000])
            pipe.execute()
            return depth

        return pipeline
    if kind == "hash":
        size = int(words[1])
        key = f"{HASH}:{size}"
        fields = [f"field:{i}" for i in range(size)]

        def whole_hash():
            for start in range(0, size, 100):
                pipe = client.pipeline(transaction=False)
                if words[0] == "HSET":
                    for field in fields[start : start + 100]:
                        pipe.hset(key, field, VALUE)
                else:
                    for field in fields[start : start + 100]:
                        pipe.hget(key, field)
                pipe.execute()
            return size

        return whole_hash
    if kind in ("set", "set-bytes"):
        value = ("x" if kind == "set" else b"x") * int(words[1])
        return lambda: (client.set(words[0], value), 1)[1]
    return lambda: (client.execute_command(*words), 1)[1]


def main():
    parser, port, kind, *words = sys.argv[1:]
    try:
        import redis
        from redis.connection import Connection, HiredisParser, PythonParser

        chosen = HiredisParser if parser == "hiredis" else PythonParser
        pool = redis.ConnectionPool(
            connection_class=Connection,
            host="127.0.0.1",
            port=int(port),
            decode_responses=kind != "reply-bytes",
            parser_class=chosen,
        )
        step = step_of(redis.Redis(connection_pool=pool), kind, words)
        step()
    except Exception as error:
        say({"skipped": str(error).splitlines()[0]})
        return
    say({"version": redis.__version__})
    for line in sys.stdin:
        _, seconds, units = line.split()
        start, used, done = time.perf_counter(), cpu(), 0
        while True:
            done += step()
            elapsed = time.perf_counter() - start
            if elapsed >= float(seconds) and done >= int(units):
                break
        say({"units": done, "seconds": elapsed, "cpu": cpu() - used})


main()
