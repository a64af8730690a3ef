/* SPDX-License-Identifier: MIT */
/* The reference: defines the result of rmsnorm. */
#include "kernels/rmsnorm/factor.h"
#include "kernels/rows/tails.h"

void qk_rmsnorm_scalar(float *restrict out, const float *restrict x, const float *restrict w, size_t n,
                       float epsilon)
{
    double partial[RMSNORM_SUMS];
    QK_CLEAR(partial, RMSNORM_SUMS);
    for (size_t i = 0; i < n; i++)
        partial[i % RMSNORM_SUMS] += (double)x[i] * (double)x[i];
    for (size_t half = RMSNORM_SUMS / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            partial[j] += partial[j + half];
    const float f = rmsnorm_factor(partial[0], n, epsilon);
    for (size_t i = 0; i < n; i++)
        out[i] = (x[i] * f) * w[i];
}
