/* SPDX-License-Identifier: MIT */
#include "harness/engine/gbench_shim.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>

namespace
{

class Collector : public benchmark::BenchmarkReporter
{
  public:
    double real_ns = 0, cpu_ns = 0;
    int seen = 0;

    bool ReportContext(const Context &) override
    {
        return true;
    }

    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs) {
            /* Accumulated times are in seconds and cover all iterations. */
            real_ns = run.real_accumulated_time * 1e9;
            cpu_ns = run.cpu_accumulated_time * 1e9;
            seen += run.error_occurred ? 0 : 1;
        }
    }
};

} // namespace

int bench_shim_time(void (*call)(void *, uint64_t), void *ctx, uint64_t calls, double *real_ns,
                    double *cpu_ns, char *why, size_t size)
{
    try {
        Collector collector;
        /* One batch: the loop over calls is the kernel's own case.c, built by the C compiler. */
        benchmark::RegisterBenchmark("slice",
                                     [=](benchmark::State &state) {
                                         while (state.KeepRunningBatch(state.max_iterations))
                                             call(ctx, calls);
                                     })
            ->Iterations(static_cast<benchmark::IterationCount>(calls))
            ->UseRealTime();
        benchmark::RunSpecifiedBenchmarks(&collector);
        benchmark::ClearRegisteredBenchmarks();
        *real_ns = collector.real_ns;
        *cpu_ns = collector.cpu_ns;
        if (collector.seen == 1)
            return 0;
        std::snprintf(why, size, "google-benchmark reported %d slices; expected 1", collector.seen);
    } catch (const std::exception &e) {
        benchmark::ClearRegisteredBenchmarks();
        std::snprintf(why, size, "google-benchmark: %s", e.what());
    } catch (...) {
        benchmark::ClearRegisteredBenchmarks();
        std::snprintf(why, size, "google-benchmark threw something that is no std::exception");
    }
    return -1;
}
