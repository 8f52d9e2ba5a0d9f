dofile(os.getenv("BENCH_LOAD") .. "/report.lua")
