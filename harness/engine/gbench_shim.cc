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
    Collector(bench_slice *slices, size_t count) : slices_(slices), count_(count)
    {
    }

    bool ReportContext(const Context &) override
    {
        return true;
    }

    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs) {
            if (seen_ < count_ && !run.error_occurred) {
                /* Accumulated times are in seconds and cover all iterations. */
                slices_[seen_].real_ns = run.real_accumulated_time * 1e9;
                slices_[seen_].cpu_ns = run.cpu_accumulated_time * 1e9;
            }
            seen_++;
        }
    }

    size_t seen() const
    {
        return seen_;
    }

  private:
    bench_slice *slices_;
    size_t count_, seen_ = 0;
};

void time_slice(benchmark::State &state, const bench_slice *slice)
{
    /* One batch: the loop over calls is the kernel's own case.c, built by the C compiler. */
    while (state.KeepRunningBatch(state.max_iterations))
        slice->call(slice->ctx, slice->calls);
}

} // namespace

int bench_shim_run(bench_slice *slices, size_t count, char *why, size_t size)
{
    try {
        Collector collector(slices, count);
        for (size_t i = 0; i < count; i++)
            benchmark::RegisterBenchmark(slices[i].name, time_slice, &slices[i])
                ->Iterations(static_cast<benchmark::IterationCount>(slices[i].calls))
                ->UseRealTime();
        benchmark::RunSpecifiedBenchmarks(&collector);
        benchmark::ClearRegisteredBenchmarks();
        if (collector.seen() == count)
            return 0;
        std::snprintf(why, size, "google-benchmark reported %zu slices; expected %zu", collector.seen(),
                      count);
    } catch (const std::exception &e) {
        benchmark::ClearRegisteredBenchmarks();
        std::snprintf(why, size, "google-benchmark: %s", e.what());
    } catch (...) {
        benchmark::ClearRegisteredBenchmarks();
        std::snprintf(why, size, "google-benchmark threw something that is no std::exception");
    }
    return -1;
}
