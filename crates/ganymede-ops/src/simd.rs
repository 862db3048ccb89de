//! One body, compiled for several instruction sets.

/// Defines a function whose body is compiled for AVX-512, for AVX2 and for the baseline, and picks at run time what the
/// processor has: the compiler vectorises plain loops, and no build flag ties the binary to one kind of machine.
macro_rules! simd {
    ($(#[$meta:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        pub(crate) fn $name($($argument: $type),*) {
            #[inline(always)]
            fn body($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
                fn v4($($argument: $type),*) {
                    body($($argument),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn v3($($argument: $type),*) {
                    body($($argument),*)
                }
                if is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("fma")
                {
                    // SAFETY: the processor has every feature that `v4` is compiled for; avx512vl implies avx512f and avx2.
                    return unsafe { v4($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has every feature that `v3` is compiled for.
                    return unsafe { v3($($argument),*) };
                }
            }
            body($($argument),*)
        }
    };
}

pub(crate) use simd;
