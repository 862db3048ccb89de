//! Exponential moving average of a network (Yazıcı et al. 2019; half-life as in Karras et al. 2018).
//!
//! ```text
//! average <- keep average + (1 - keep) live,      keep = (1/2)^(images / half-life)
//! ```
//! Buffers (running statistics) are averaged like weights, so that they belong to the averaged weights.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::Tensor,
};

/// `average`, moved by one step towards `live`, which is a module of the same structure.
pub fn average_into<M: Module>(average: M, live: &M, keep: f64) -> M {
    let mut collector = Collector(Vec::new());
    live.visit(&mut collector);
    average.map(&mut Mover { live: collector.0.into_iter(), keep })
}

/// The live tensors, in the order of the visit, flattened.
struct Collector(Vec<Tensor<1>>);

impl ModuleVisitor for Collector {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val().inner();
        let size = tensor.shape().num_elements();
        self.0.push(tensor.reshape([size]));
    }
}

struct Mover {
    live: std::vec::IntoIter<Tensor<1>>,
    keep: f64,
}

impl ModuleMapper for Mover {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(live) = self.live.next() else { return param };
        let (id, average, mapper) = param.consume();
        let average = average.inner();
        let live = live.reshape(average.shape());
        let moved = ganymede_ops::lerp(live, average, self.keep);
        Param::from_mapped_value(id, Tensor::from_inner(moved), mapper)
    }
}
