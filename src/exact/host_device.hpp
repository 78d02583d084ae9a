// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything in exact/ is compiled by the host compiler and by nvcc, without contraction (-ffp-contract=off, --fmad=false).
#if defined(__CUDACC__)
#define TESSERA_HOST_DEVICE __host__ __device__
#else
#define TESSERA_HOST_DEVICE
#endif
