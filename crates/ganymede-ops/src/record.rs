//! How an operator enters burn's autodiff graph, and when the fused form applies.

use burn::{
    backend::{
        Autodiff, DispatchDevice, Flex,
        autodiff::{
            checkpoint::strategy::CheckpointStrategy,
            ops::{Backward, NodeGuard, OpsKind},
        },
        flex::FlexTensor,
        tensor::FloatTensor,
    },
    tensor::{DType, Tensor},
};

/// Whether the fused kernels take `x`: 32-bit floats on burn's CPU backend, on the autodiff graph or not.
pub(crate) fn is_fused<const D: usize>(x: &Tensor<D>) -> bool {
    x.dtype() == DType::F32 && matches!(x.device().without_autodiff().as_dispatch(), DispatchDevice::Flex(_))
}

/// The tensor of burn's CPU backend inside `x`.
pub(crate) fn flex<const D: usize>(x: Tensor<D>) -> FlexTensor {
    x.inner().try_into_primitive::<Flex>().expect("only tensors of the CPU backend come here")
}

/// The bias of an operator whose tensors all have to be there: none is a bias of no numbers.
pub(crate) fn bias_or_none<const D: usize>(bias: Option<Tensor<1>>, x: &Tensor<D>) -> Tensor<1> {
    bias.unwrap_or_else(|| Tensor::empty([0], &x.device()))
}

/// `output` as the result of `operator` on the inputs behind `nodes`. What the backward pass needs is only built, and
/// kept, where one of the inputs is tracked.
pub(crate) fn record<O, C, const N: usize>(
    operator: O,
    nodes: [NodeGuard; N],
    output: FloatTensor<Flex>,
    state: impl FnOnce() -> O::State,
) -> FloatTensor<Autodiff<Flex, C>>
where
    O: Backward<Flex, N>,
    C: CheckpointStrategy,
{
    match operator.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(preparation) => preparation.finish(output),
        OpsKind::Tracked(preparation) => preparation.finish(state(), output),
    }
}
