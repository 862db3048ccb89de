//! The operators at the shapes of the 28x28 network pair, batch 64, with their rates beside that of a bare matrix product.
//!
//! A rate counts two operations a multiplication; a backward pass counts the gradients of both the input and the weight.

use burn::tensor::{Device, Tensor, TensorData};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ganymede_ops as ops;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 64;

fn tensor<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..count).map(|i| ((i * 7919) % 1009) as f32 / 1009.0 - 0.5).collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
}

/// Features as the operators hand them on.
fn features(shape: [usize; 2]) -> Tensor<2> {
    tensor([shape[1], shape[0]]).permute([1, 0])
}

/// Images as the operators hand them on.
fn images([batch, channels, height, width]: [usize; 4]) -> Tensor<4> {
    tensor([batch, height, width, channels]).permute([0, 3, 1, 2])
}

/// Times `forward` without gradients, and the pass there and back.
fn measure<const D: usize, const E: usize>(
    criterion: &mut Criterion,
    name: &str,
    operations: u64,
    inputs: [Tensor<D>; 2],
    forward: impl Fn(Tensor<D>, Tensor<D>) -> Tensor<E>,
) {
    let [x, weight] = inputs;
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(operations));
    group.bench_function("forward", |bencher| bencher.iter(|| forward(x.clone().inner(), weight.clone().inner())));
    group.throughput(Throughput::Elements(3 * operations));
    let (x, weight) = (x.require_grad(), weight.require_grad());
    group.bench_function("forward and backward", |bencher| {
        bencher.iter(|| forward(x.clone(), weight.clone()).sum().backward());
    });
    group.finish();
}

fn product(criterion: &mut Criterion) {
    let size = 1024;
    let (a, b, mut c) = (vec![0.5f32; size * size], vec![0.25f32; size * size], vec![0.0f32; size * size]);
    let mut group = criterion.benchmark_group("bare matrix product 1024");
    group.throughput(Throughput::Elements(2 * (size as u64).pow(3)));
    for (name, parallelism) in [("one thread", gemm::Parallelism::None), ("all threads", gemm::Parallelism::Rayon(0))] {
        group.bench_function(name, |bencher| {
            // SAFETY: three matrices of `size` columns of `size` elements, of which `c` is borrowed mutably.
            bencher.iter(|| unsafe {
                let (n, stride) = (size, size as isize);
                gemm::gemm(
                    n,
                    n,
                    n,
                    c.as_mut_ptr(),
                    stride,
                    1,
                    false,
                    a.as_ptr(),
                    stride,
                    1,
                    b.as_ptr(),
                    stride,
                    1,
                    0.0,
                    1.0,
                    false,
                    false,
                    false,
                    parallelism,
                );
            });
        });
    }
    group.finish();
}

fn linear(criterion: &mut Criterion) {
    for (batch, inputs, outputs) in [(2 * BATCH, 6272, 1024), (BATCH, 1024, 6272), (4 * BATCH, 128, 128)] {
        let operations = 2 * (batch * inputs * outputs) as u64;
        let tensors = [features([batch, inputs]), tensor([inputs, outputs])];
        let bias = tensor([outputs]);
        measure(criterion, &format!("linear {batch}x{inputs} to {outputs}"), operations, tensors, |x, weight| {
            ops::linear(x, weight, Some(bias.clone()), 0.2)
        });
    }
}

fn convolution(criterion: &mut Criterion) {
    for (inputs, outputs, size) in [(1, 64, 28), (64, 128, 14)] {
        let operations = 2 * (BATCH * inputs * outputs * 16 * (size / 2) * (size / 2)) as u64;
        let tensors = [images([BATCH, inputs, size, size]), tensor([outputs, inputs, 4, 4])];
        let bias = tensor([outputs]);
        measure(
            criterion,
            &format!("conv2d {inputs} to {outputs}, {size}x{size}"),
            operations,
            tensors,
            |x, weight| ops::conv2d(x, weight, Some(bias.clone()), 2, 1, 0.2),
        );
        let tensors = [images([BATCH, outputs, size / 2, size / 2]), tensor([outputs, inputs, 4, 4])];
        let name = format!("conv_transpose2d {outputs} to {inputs}, {0}x{0}", size / 2);
        measure(criterion, &name, operations, tensors, |x, weight| ops::conv_transpose2d(x, weight, None, 2, 1, 1.0));
    }
}

/// Few channels, stride 1: the small network's last layer.
fn narrow_convolution(criterion: &mut Criterion) {
    let operations = 2 * (BATCH * 8 * 9 * 28 * 28) as u64;
    let tensors = [images([BATCH, 8, 28, 28]), tensor([1, 8, 3, 3])];
    measure(criterion, "conv2d 8 to 1, 28x28", operations, tensors, |x, w| ops::conv2d(x, w, None, 1, 1, 1.0));
}

/// The others are bound by memory; their rates count elements.
fn passes(criterion: &mut Criterion) {
    let [gamma, beta] = [tensor([6272]), tensor([6272])];
    let x = features([BATCH, 6272]);
    measure(criterion, "batch_norm 64x6272", x.shape().num_elements() as u64, [x.clone(), x], |x, _| {
        ops::batch_norm(x, gamma.clone(), beta.clone(), 1e-5, 0.0).0
    });
    let [gamma, beta] = [tensor([64]), tensor([64])];
    let x = images([BATCH, 64, 14, 14]);
    measure(criterion, "batch_norm 64x64x14x14", x.shape().num_elements() as u64, [x.clone(), x], |x, _| {
        ops::batch_norm(x, gamma.clone(), beta.clone(), 1e-5, 0.0).0
    });
    let x = images([BATCH, 64, 14, 14]);
    measure(criterion, "flatten 64x64x14x14", x.shape().num_elements() as u64, [x.clone(), x], |x, _| ops::flatten(x));
    let x = images([BATCH, 64, 14, 14]);
    measure(criterion, "leaky_relu_tangent 64x64x14x14", x.shape().num_elements() as u64, [x.clone(), x], |x, y| {
        ops::leaky_relu_tangent(x, &y, 0.2)
    });
    let x = images([BATCH, 32, 14, 14]);
    measure(criterion, "pixel_shuffle 64x32x14x14", x.shape().num_elements() as u64, [x.clone(), x], |x, _| {
        ops::pixel_shuffle(x, 2)
    });
    let x = images([BATCH, 1, 28, 28]);
    measure(criterion, "tanh 64x1x28x28", x.shape().num_elements() as u64, [x.clone(), x], |x, _| ops::tanh(x));
    let x = tensor([2 * BATCH, 1]);
    measure(criterion, "softplus 128", 128, [x.clone(), x], |x, _| ops::softplus(x));
}

fn optimizer(criterion: &mut Criterion) {
    let size = 6272 * 1024;
    let mut group = criterion.benchmark_group("optimizer 6272x1024");
    group.throughput(Throughput::Elements(size as u64));
    let update = ops::AdamUpdate { beta1: 0.5, beta2: 0.999, rate: 2e-4, epsilon: 1e-8 };
    let (gradient, mut first, mut second) = (tensor([size]).inner(), vec![0.0; size], vec![0.0; size]);
    let mut weight = Some(tensor([size]).inner());
    group.bench_function("Adam", |bencher| {
        bencher.iter(|| {
            weight = weight.take().map(|weight| update.apply(weight, gradient.clone(), &mut first, &mut second).0);
        });
    });
    let mut average = weight.clone().map(|weight| weight * 1.0);
    group.bench_function("average", |bencher| {
        bencher.iter(|| average = average.take().map(|average| ops::lerp(gradient.clone(), average, 0.999)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = product, linear, convolution, narrow_convolution, passes, optimizer
}
criterion_main!(benches);
