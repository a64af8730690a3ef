/* SPDX-License-Identifier: MIT */
#include "harness/counters/backend.h"

#include "harness/counters/config.h"
#include "harness/machine/config.h"
#include "harness/machine/datafile.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct bench_backend *bench_papi_load(void **module, char *why, size_t size)
{
    char folder[2048], beside[2100], below[2100];
    const char *set = getenv("QK_PAPI_MODULE");
    const bool only = set && *set;
    *module = NULL;
    if (!only && !QK_HAVE_PAPI) {
        snprintf(why, size, "built without PAPI");
        return NULL;
    }
    bench_program_folder(folder, sizeof folder);
    snprintf(below, sizeof below, "%s/harness/qkbench_papi.so", folder);
    snprintf(beside, sizeof beside, "%s/qkbench_papi.so", folder);
    const char *const paths[] = {only ? set : below, beside, QK_MODULE_DIR "/qkbench_papi.so"};
    for (int i = 0; i < (only ? 1 : 3); i++) {
        if (!only && i < 2 && access(paths[i], F_OK) != 0)
            continue;
        /*
         * RTLD_GLOBAL, because PAPI looks for libsde among the program's global symbols. libsde comes with
         * the module.
         */
        *module = dlopen(paths[i], RTLD_NOW | RTLD_GLOBAL);
        break;
    }
    const char *said = *module ? NULL : dlerror();
    if (!*module) {
        snprintf(why, size, "%s", said ? said : "dlopen failed and does not say why");
        return NULL;
    }
    const struct bench_backend *papi = dlsym(*module, "bench_papi_module");
    if (!papi)
        snprintf(why, size, "%s", dlerror());
    else if (papi->version != BENCH_BACKEND_VERSION)
        snprintf(why, size, "the PAPI module is version %u; expected %d", papi->version,
                 BENCH_BACKEND_VERSION);
    else if (papi->open(why, size) == 0)
        return papi;
    return NULL;
}
