//! The promises that every operator makes, each as one test over all of them. A new operator is one line in [`cases`].

use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};

/// An operator on flat inputs, by the fused and by the composed form.
struct Case {
    name: String,
    sizes: Vec<usize>,
    fused: Operator,
    composed: Operator,
}

type Operator = Box<dyn Fn(&[Tensor<1>]) -> Tensor<1> + Send + Sync>;

/// The same expression with `ops` as the public functions and as their definitions.
macro_rules! case {
    ($cases:ident, $name:expr, [$($size:expr),*], |$x:ident| $body:expr) => {
        $cases.push(Case {
            name: $name,
            sizes: vec![$($size),*],
            fused: Box::new(move |$x: &[Tensor<1>]| {
                use crate as ops;
                $body
            }),
            composed: Box::new(move |$x: &[Tensor<1>]| {
                use crate::composed as ops;
                $body
            }),
        })
    };
}

fn at<const D: usize>(x: &Tensor<1>, shape: [usize; D]) -> Tensor<D> {
    x.clone().reshape(shape)
}

fn flat<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    let size = x.shape().num_elements();
    x.reshape([size])
}

/// Odd sizes, the sizes of small and large products, every kind of memory order.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (n, i, o, slope) in
        [(1, 1, 1, 1.0), (1, 700, 300, 0.2), (3, 5, 7, 0.0), (17, 2, 128, 0.2), (70, 700, 300, 0.0), (66, 300, 1, 1.0)]
    {
        case!(cases, format!("linear {n} {i} {o} {slope}"), [n * i, i * o, o], |x| {
            flat(ops::linear(at(&x[0], [n, i]), at(&x[1], [i, o]), Some(x[2].clone()), slope))
        });
    }
    case!(cases, "linear of a transposed input, without bias".into(), [33 * 20, 20 * 9], |x| {
        flat(ops::linear(at(&x[0], [20, 33]).transpose(), at(&x[1], [9, 20]).transpose(), None, 0.2))
    });
    case!(cases, "linear of a slice".into(), [40 * 20, 10 * 9, 9], |x| {
        let x0 = at(&x[0], [40, 20]).slice([5..38, 7..17]);
        flat(ops::linear(x0, at(&x[1], [10, 9]), Some(x[2].clone()), 0.0))
    });
    // batch, channels in and out, height, width, kernel, stride, padding, slope
    for (n, i, o, h, w, k, s, p, slope) in [
        (1, 1, 1, 7, 7, 1, 1, 0, 1.0),
        (1, 1, 5, 7, 7, 7, 1, 3, 0.2),
        (3, 2, 4, 5, 8, 3, 1, 1, 0.0),
        (2, 3, 1, 6, 5, 2, 2, 0, 1.0),
        (5, 4, 3, 7, 9, 4, 2, 1, 0.2),
        (2, 1, 2, 4, 3, 1, 3, 3, 0.0),
        (4, 2, 3, 8, 7, 5, 3, 2, 0.2),
        (2, 66, 3, 9, 7, 6, 4, 3, 1.0),
        (33, 1, 64, 28, 28, 4, 2, 1, 0.2),
        (20, 64, 32, 14, 14, 4, 2, 1, 0.2),
        (3, 8, 1, 9, 7, 3, 1, 1, 0.2),
        (18, 16, 5, 8, 11, 3, 1, 0, 0.0),
        (2, 4, 3, 5, 6, 2, 1, 2, 1.0),
    ] {
        let name = |what| format!("{what} {n} {i} {o} {h}x{w} kernel {k} stride {s} padding {p} slope {slope}");
        case!(cases, name("conv2d"), [n * i * h * w, o * i * k * k, o], |x| {
            let (x0, weight) = (at(&x[0], [n, i, h, w]), at(&x[1], [o, i, k, k]));
            flat(ops::conv2d(x0, weight, Some(x[2].clone()), s, p, slope))
        });
        if (h.min(w) - 1) * s + k > 2 * p {
            case!(cases, name("conv_transpose2d"), [n * i * h * w, o * i * k * k, o], |x| {
                let (x0, weight) = (at(&x[0], [n, i, h, w]), at(&x[1], [i, o, k, k]));
                flat(ops::conv_transpose2d(x0, weight, Some(x[2].clone()), s, p, slope))
            });
        }
    }
    case!(cases, "conv2d of permuted tensors".into(), [3 * 4 * 7 * 5, 4 * 6 * 9], |x| {
        let x0 = at(&x[0], [7, 3, 4, 5]).permute([1, 2, 0, 3]);
        let weight = at(&x[1], [3, 4, 6, 3]).permute([2, 1, 3, 0]);
        flat(ops::conv2d(x0, weight, None, 2, 1, 0.0))
    });
    // batch, channels in and out, groups, height, width, kernel, padding, slope
    for (n, i, o, groups, h, w, k, p, slope) in [
        (1, 1, 1, 1, 7, 7, 1, 0, 1.0),
        (3, 4, 6, 2, 5, 8, 3, 1, 0.2),
        (2, 3, 3, 3, 7, 7, 4, 3, 0.0),
        (5, 15, 5, 5, 4, 3, 2, 2, 0.2),
        (33, 64, 32, 4, 9, 7, 3, 1, 0.2),
    ] {
        let name = format!("grouped_conv2d {n} {i} {o} in {groups} {h}x{w} kernel {k} padding {p} slope {slope}");
        case!(cases, name, [n * i * h * w, o * i / groups * k * k, o], |x| {
            let (x0, weight) = (at(&x[0], [n, i, h, w]), at(&x[1], [o, i / groups, k, k]));
            flat(ops::grouped_conv2d(x0, weight, Some(x[2].clone()), groups, p, slope))
        });
    }
    case!(cases, "grouped_conv2d of permuted tensors, without bias".into(), [3 * 4 * 7 * 5, 4 * 2 * 9], |x| {
        let x0 = at(&x[0], [7, 3, 4, 5]).permute([1, 2, 0, 3]);
        let weight = at(&x[1], [3, 2, 4, 3]).permute([2, 1, 3, 0]);
        flat(ops::grouped_conv2d(x0, weight, None, 2, 1, 0.0))
    });
    for (n, c, h, w, slope) in
        [(3, 1, 1, 2, 1.0), (3, 1, 7, 7, 0.2), (5, 3, 4, 5, 0.0), (40, 64, 14, 14, 0.0), (2, 130, 3, 3, 0.2)]
    {
        case!(cases, format!("batch_norm {n} {c} {h}x{w} {slope}"), [n * c * h * w, c, c], |x| {
            let x0 = at(&x[0], [n, c, h, w]);
            flat(ops::batch_norm(x0, x[1].clone(), x[2].clone(), 1e-5, slope).0)
        });
        case!(
            cases,
            format!("batch_norm {n} {} features {slope}", c * h * w),
            [n * c * h * w, c * h * w, c * h * w],
            |x| {
                let x0 = at(&x[0], [n, c * h * w]);
                flat(ops::batch_norm(x0, x[1].clone(), x[2].clone(), 1e-5, slope).0)
            }
        );
    }
    case!(cases, "batch_norm's statistics, detached".into(), [9 * 5 * 6, 5, 5], |x| {
        let (y, mean, var) = ops::batch_norm(at(&x[0], [9, 5, 2, 3]), x[1].clone(), x[2].clone(), 1e-5, 0.2);
        let (z, features_mean, features_var) =
            ops::batch_norm(at(&x[0], [54, 5]), x[1].clone(), x[2].clone(), 1e-5, 0.2);
        Tensor::cat(vec![flat(y), flat(z), mean, var, features_mean, features_var], 0)
    });
    for (n, c, h, w) in [(1, 3, 2, 5), (5, 1, 7, 7), (37, 19, 3, 2)] {
        case!(cases, format!("flatten and unflatten {n} {c} {h}x{w}"), [n * c * h * w], |x| {
            let images = at(&x[0], [n, h, w, c]).permute([0, 3, 1, 2]);
            let features = at(&x[0], [c * h * w, n]).transpose();
            let (images, features) = (ops::flatten(images), ops::unflatten(features, [c, h, w]));
            Tensor::cat(vec![flat(images), flat(features)], 0)
        });
    }
    for (n, c, r, h, w) in [(1, 1, 1, 3, 2), (3, 5, 2, 4, 7), (2, 2, 3, 1, 5)] {
        case!(cases, format!("pixel_shuffle {n} {c} x{r} {h}x{w}"), [n * c * r * r * h * w], |x| {
            flat(ops::pixel_shuffle(at(&x[0], [n, h, w, c * r * r]).permute([0, 3, 1, 2]), r))
        });
    }
    for (n, c, h, w) in [(1, 1, 1, 1), (3, 5, 2, 4), (2, 17, 3, 1), (9, 4, 5, 6)] {
        case!(cases, format!("halve and double {n} {c} {h}x{w}"), [4 * n * c * h * w], |x| {
            let images = at(&x[0], [n, 2 * h, 2 * w, c]).permute([0, 3, 1, 2]);
            Tensor::cat(vec![flat(ops::halve(images.clone())), flat(ops::double(images))], 0)
        });
    }
    case!(cases, "add images in two orders of memory".into(), [9 * 4 * 5 * 6, 9 * 4 * 5 * 6], |x| {
        let a = at(&x[0], [9, 5, 6, 4]).permute([0, 3, 1, 2]);
        flat(ops::add(a.clone(), ops::add(at(&x[1], [9, 4, 5, 6]), a)))
    });
    case!(cases, "tanh".into(), [77], |x| flat(ops::tanh(at(&x[0], [11, 7]).transpose() * 3.0)));
    case!(cases, "leaky_relu_tangent, its mask detached".into(), [9 * 35, 9 * 35], |x| {
        let (t, y) = (at(&x[0], [9, 35]), at(&x[1], [35, 9]).transpose());
        let images = ops::leaky_relu_tangent(at(&x[0], [9, 5, 7, 1]), &at(&x[1], [9, 5, 7, 1]), 0.0);
        Tensor::cat(vec![flat(ops::leaky_relu_tangent(t, &y, 0.2)), flat(images)], 0)
    });
    case!(cases, "softplus".into(), [77], |x| flat(ops::softplus(at(&x[0], [11, 7]).transpose() * 8.0)));
    cases
}

/// Numbers in [-1, 1) without a pattern, none of them 0.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0 + 1e-7
    };
    (0..count).map(|_| next()).collect()
}

fn inputs(sizes: &[usize]) -> Vec<Vec<f32>> {
    sizes.iter().enumerate().map(|(index, size)| numbers(*size, index as u32 + 1)).collect()
}

fn tensor(values: &[f32], dtype: DType) -> Tensor<1> {
    let data = TensorData::new(values.to_vec(), [values.len()]).convert_dtype(dtype);
    Tensor::from_data(data, (&Device::flex().autodiff(), dtype))
}

fn values(x: Tensor<1>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// The output and the gradients of its weighted sum in every input.
fn run(operator: &Operator, inputs: &[Vec<f32>], dtype: DType) -> Vec<Vec<f64>> {
    let leaves: Vec<_> = inputs.iter().map(|values| tensor(values, dtype).require_grad()).collect();
    let output = operator(&leaves);
    let weights = tensor(&numbers(output.shape().num_elements(), 99), dtype);
    let gradients: Gradients = (output.clone() * weights).sum().backward();
    let gradient = |leaf: &Tensor<1>| leaf.grad(&gradients).map_or_else(Vec::new, values);
    std::iter::once(values(output)).chain(leaves.iter().map(gradient)).collect()
}

/// The largest difference, against the largest value.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(1e-30, |largest: f64, b| largest.max(b.abs()));
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / largest).fold(0.0, f64::max)
}

#[test]
fn outputs_and_all_gradients_are_those_of_the_composed_form() {
    for case in cases() {
        let inputs = inputs(&case.sizes);
        let (fused, composed) = (run(&case.fused, &inputs, DType::F32), run(&case.composed, &inputs, DType::F32));
        for (which, (fused, composed)) in fused.iter().zip(&composed).enumerate() {
            let distance = distance(fused, composed);
            assert!(distance <= 2e-5, "{}: {distance} in {}", case.name, ["output", "x", "w", "b"][which]);
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences_in_double_precision() {
    // where an input moves many thousand outputs, one of them passes the kink of its activation even in a step of 1e-6
    for case in cases().into_iter().filter(|case| case.sizes.iter().sum::<usize>() < 10_000) {
        let inputs = inputs(&case.sizes);
        let exact = run(&case.fused, &inputs, DType::F64);
        let fused = run(&case.fused, &inputs, DType::F32);
        let weights = tensor(&numbers(exact[0].len(), 99), DType::F64);
        for input in 0..inputs.len() {
            // the mask of a tangent and the statistics are constants to the gradient, by definition
            if case.name.contains("detached") || exact[input + 1].is_empty() {
                continue;
            }
            let largest = exact[input + 1].iter().fold(1e-3, |largest: f64, g| largest.max(g.abs()));
            for element in [0, inputs[input].len() / 2, inputs[input].len() - 1] {
                let shifted = |by: f64| {
                    let mut leaves: Vec<_> = inputs.iter().map(|values| tensor(values, DType::F64)).collect();
                    let mut data = values(leaves[input].clone());
                    data[element] += by;
                    let data = TensorData::from(data.as_slice());
                    leaves[input] = Tensor::from_data(data, (&Device::flex().autodiff(), DType::F64));
                    (case.composed)(&leaves) * weights.clone()
                };
                // the difference of each term first: their sum would lose the digits that differ
                let difference = values((shifted(1e-6) - shifted(-1e-6)).sum())[0] / 2e-6;
                for (gradient, tolerance) in [(exact[input + 1][element], 1e-6), (fused[input + 1][element], 2e-5)] {
                    let error = (difference - gradient).abs() / largest;
                    assert!(
                        error <= tolerance,
                        "{}: {gradient} for {difference} in input {input}, element {element}",
                        case.name
                    );
                }
            }
        }
    }
}

#[test]
fn results_are_the_same_bits_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(|| {
            cases().iter().map(|case| run(&case.fused, &inputs(&case.sizes), DType::F32)).collect::<Vec<_>>()
        })
    };
    let one = on(1);
    for threads in [2, 4, 16] {
        for ((case, expected), got) in cases().iter().zip(&one).zip(on(threads)) {
            assert!(*expected == got, "{} on {threads} threads", case.name);
        }
    }
}

#[test]
fn what_is_not_tracked_gets_no_gradient_and_leaves_the_others_alone() {
    for case in cases() {
        let inputs = inputs(&case.sizes);
        let expected = run(&case.fused, &inputs, DType::F32);
        for tracked in 0..inputs.len() {
            let mut leaves: Vec<_> = inputs.iter().map(|values| tensor(values, DType::F32)).collect();
            leaves[tracked] = leaves[tracked].clone().require_grad();
            let output = (case.fused)(&leaves);
            let weights = tensor(&numbers(output.shape().num_elements(), 99), DType::F32);
            if expected[tracked + 1].is_empty() {
                continue;
            }
            let gradients = (output * weights).sum().backward();
            for (index, leaf) in leaves.iter().enumerate() {
                match leaf.grad(&gradients) {
                    Some(gradient) => {
                        assert!(index == tracked && values(gradient) == expected[index + 1], "{}", case.name)
                    }
                    None => assert!(index != tracked, "{}", case.name),
                }
            }
        }
    }
}
