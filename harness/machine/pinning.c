/* SPDX-License-Identifier: MIT */
#include "harness/machine/pinning.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int bench_pin(int cpu, struct qk_error *err)
{
    cpu_set_t allowed, one;
    char list[200] = "";
    int last = -1;
    if (sched_getaffinity(0, sizeof allowed, &allowed))
        return qk_fail(err, QK_ERR_ARG, "--cpu", "cannot read the CPU affinity: %s", strerror(errno));
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &allowed)) {
            last = i;
            const size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, " %d", i);
        }
    if (cpu < 0)
        cpu = last;
    if (cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed))
        return qk_fail(err, QK_ERR_ARG, "--cpu",
                       "CPU %d is not one this process may run on; expected one of:%s", cpu, list);
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one))
        return qk_fail(err, QK_ERR_ARG, "--cpu", "cannot pin to CPU %d: %s", cpu, strerror(errno));
    return cpu;
}
