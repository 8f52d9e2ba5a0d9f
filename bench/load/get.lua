-- Reads, as nobody in particular or as who BENCH_AUTHORIZATION or BENCH_COOKIE says.
dofile(os.getenv("BENCH_LOAD") .. "/report.lua")

wrk.headers["authorization"] = os.getenv("BENCH_AUTHORIZATION")
wrk.headers["cookie"] = os.getenv("BENCH_COOKIE")
