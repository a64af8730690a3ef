/* SPDX-License-Identifier: MIT */
#include "harness/engine/gbench_shim.h"

#include <benchmark/benchmark.h>

#include <chrono>
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
        /*
         * One batch: the loop over calls is the kernel's own case.c, built by the C compiler. The library's
         * own wall time holds its reads of the thread's CPU time, too. Those took 1500 ns in a virtual
         * machine (bhyve, kvm-clock), 0.4 % of a slice.
         */
        benchmark::RegisterBenchmark("slice",
                                     [=](benchmark::State &state) {
                                         while (state.KeepRunningBatch(state.max_iterations)) {
                                             const auto start = std::chrono::steady_clock::now();
                                             call(ctx, calls);
                                             const std::chrono::duration<double> took =
                                                 std::chrono::steady_clock::now() - start;
                                             state.SetIterationTime(took.count());
                                         }
                                     })
            ->Iterations(static_cast<benchmark::IterationCount>(calls))
            ->UseManualTime();
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
