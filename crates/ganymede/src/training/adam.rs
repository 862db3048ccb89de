//! Adam (Kingma & Ba 2015), its moments keyed by the parameter's path in the network.
//!
//! ```text
//! m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
//! w <- w - rate sqrt(1 - b2^t) / (1 - b1^t)  m / (sqrt(v) + eps sqrt(1 - b2^t))
//! ```
//! which is `rate * m^ / (sqrt(v^) + eps)` with the bias-corrected `m^`, `v^`. Where b2 moves from update to update,
//! ```text
//! v = sum_i (1 - b2_i) prod_{j > i} b2_j g_i^2,    and the weights of the g_i^2 sum to 1 - prod_j b2_j
//! ```
//! so that the product of all b2 so far stands for `b2^t`.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Gradients, Tensor, TensorData},
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    parameters::{self, ModulePath, NamedTensors},
};

/// The settings of one player's Adam.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamSettings {
    /// Learning rate before any schedule.
    pub rate: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        AdamSettings { rate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl AdamSettings {
    /// # Errors
    /// [`Error::Setting`] for a rate that is negative or not finite, betas outside [0, 1), an epsilon that is not positive.
    pub fn validate(&self, player: &str) -> Result<()> {
        let checks = [
            ("rate", self.rate, self.rate.is_finite() && self.rate >= 0.0, "a finite number from 0"),
            ("beta1", self.beta1, (0.0..1.0).contains(&self.beta1), "a number in [0, 1)"),
            ("beta2", self.beta2, (0.0..1.0).contains(&self.beta2), "a number in [0, 1)"),
            ("epsilon", self.epsilon, self.epsilon.is_finite() && self.epsilon > 0.0, "a positive number"),
        ];
        match checks.into_iter().find(|(_, _, good, _)| !good) {
            Some((name, value, _, expected)) => Err(Error::setting(format!("{player} {name}"), expected, value)),
            None => Ok(()),
        }
    }
}

/// The optimizer of one module.
#[derive(Debug, Clone)]
pub struct Adam {
    pub settings: AdamSettings,
    updates: u64,
    /// The product of all beta2 so far, where it has moved; else it is a power.
    product: Option<f64>,
    moments: BTreeMap<String, Moments>,
}

#[derive(Debug, Clone)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Adam {
    pub fn new(settings: AdamSettings) -> Self {
        Adam { settings, updates: 0, product: None, moments: BTreeMap::new() }
    }

    /// The decay of the second moment from the next update on.
    pub fn set_beta2(&mut self, beta2: f64) {
        self.product = Some(self.product());
        self.settings.beta2 = beta2;
    }

    fn product(&self) -> f64 {
        let power = || self.settings.beta2.powi(self.updates.min(i32::MAX as u64) as i32);
        self.product.unwrap_or_else(power)
    }

    /// One update of every parameter of `module` that has a gradient, with the rate times `rate_factor`; and the first
    /// tensor, of the module or of this optimizer, that is not finite now.
    pub fn step<M: Module>(&mut self, module: M, gradients: Gradients, rate_factor: f64) -> (M, Option<String>) {
        self.updates += 1;
        self.product = self.product.map(|product| product * self.settings.beta2);
        let update = self.update(rate_factor);
        let path = ModulePath::default();
        let mut stepper = Stepper { path, gradients, update, moments: &mut self.moments, not_finite: None };
        let module = module.map(&mut stepper);
        (module, stepper.not_finite)
    }

    /// The update that is due after so many.
    fn update(&self, rate_factor: f64) -> ganymede_ops::AdamUpdate {
        let AdamSettings { rate, beta1, beta2, epsilon } = self.settings;
        let updates = self.updates.min(i32::MAX as u64) as i32;
        let correction = (1.0 - self.product()).sqrt();
        ganymede_ops::AdamUpdate {
            beta1: beta1 as f32,
            beta2: beta2 as f32,
            rate: (rate * rate_factor * correction / (1.0 - beta1.powi(updates))) as f32,
            epsilon: (epsilon * correction) as f32,
        }
    }

    /// `|w' - w| / |w'|` of the last update, which `rate_factor` was given for: the moments are still those that made it.
    pub fn movement(&self, module: &impl Module, rate_factor: f64) -> f64 {
        if self.updates == 0 {
            return 0.0;
        }
        let update = self.update(rate_factor);
        let moved: f64 = self.moments.values().map(|m| update.squared_move(&m.first, &m.second)).sum();
        let size = parameters::squared_norm(module, |name| self.moments.contains_key(name));
        if size > 0.0 { (moved / size).sqrt() } else { 0.0 }
    }

    /// Puts the moments and the number of updates under `prefix` into `tensors`.
    pub fn save(&self, prefix: &str, tensors: &mut NamedTensors) {
        for (path, moments) in &self.moments {
            let size = moments.first.len();
            tensors.insert(format!("{prefix}.first.{path}"), TensorData::new(moments.first.clone(), [size]));
            tensors.insert(format!("{prefix}.second.{path}"), TensorData::new(moments.second.clone(), [size]));
        }
        tensors.insert(format!("{prefix}.updates"), TensorData::new(vec![self.updates as i64], [1]));
        if let Some(product) = self.product {
            // to the last bit, which no other type of a checkpoint keeps
            tensors.insert(format!("{prefix}.product"), TensorData::new(vec![product.to_bits() as i64], [1]));
        }
    }

    /// The name under `prefix` of the first moment that is not finite.
    pub fn not_finite(&self, prefix: &str) -> Option<String> {
        let moments =
            self.moments.iter().flat_map(|(path, m)| [("first", path, &m.first), ("second", path, &m.second)]);
        let mut bad = moments.filter(|(_, _, values)| !ganymede_ops::all_finite(values));
        bad.next().map(|(which, path, _)| format!("{prefix}.{which}.{path}"))
    }

    /// Takes over what [`Adam::save`] put there for the optimizer of `module`.
    ///
    /// # Errors
    /// [`Error::Setting`] naming a tensor that is missing, of another type, or of no parameter of `module`.
    pub fn load(&mut self, module: &impl Module, prefix: &str, tensors: &NamedTensors) -> Result<()> {
        let missing = |name: &str, got: &str| Error::setting(format!("tensor '{name}'"), "optimizer state", got);
        let name = format!("{prefix}.updates");
        let data = tensors.get(&name).ok_or_else(|| missing(&name, "no such tensor"))?;
        let updates =
            data.try_to_vec::<i64>().ok().and_then(|v| v.first().copied()).and_then(|n| u64::try_from(n).ok());
        self.updates = updates.ok_or_else(|| missing(&name, "not a count"))?;
        let name = format!("{prefix}.product");
        let bits = |data: &TensorData| data.try_to_vec::<i64>().ok().and_then(|v| v.first().copied());
        let share = |bits: i64| Some(f64::from_bits(bits as u64)).filter(|product| (0.0..=1.0).contains(product));
        let product = |data: &TensorData| bits(data).and_then(share).ok_or_else(|| missing(&name, "no share of 1"));
        self.product = tensors.get(&name).map(product).transpose()?;
        self.moments.clear();
        let sizes: BTreeMap<String, usize> =
            parameters::list(module).into_iter().map(|tensor| (tensor.name.clone(), tensor.size())).collect();
        let first = format!("{prefix}.first.");
        for (name, data) in tensors.range(first.clone()..).take_while(|(name, _)| name.starts_with(&first)) {
            let path = name.strip_prefix(&first).unwrap_or_default();
            let other = format!("{prefix}.second.{path}");
            let values = |name: &str, data: &TensorData| {
                data.try_to_vec::<f32>().map_err(|_| missing(name, "not 32-bit floats"))
            };
            let second = tensors.get(&other).ok_or_else(|| missing(&other, "no such tensor"))?;
            let moments = Moments { first: values(name, data)?, second: values(&other, second)? };
            let size = sizes.get(path).ok_or_else(|| missing(name, "moments of no parameter"))?;
            if [moments.first.len(), moments.second.len()] != [*size; 2] {
                return Err(missing(name, "moments of another size than the parameter"));
            }
            self.moments.insert(path.to_owned(), moments);
        }
        Ok(())
    }
}

struct Stepper<'a> {
    path: ModulePath,
    gradients: Gradients,
    update: ganymede_ops::AdamUpdate,
    moments: &'a mut BTreeMap<String, Moments>,
    not_finite: Option<String>,
}

impl ModuleMapper for Stepper<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.is_require_grad() {
            return param;
        }
        let (id, tensor, mapper) = param.consume();
        let tensor = match tensor.grad_remove(&mut self.gradients) {
            None => tensor,
            Some(gradient) => {
                let size = tensor.shape().num_elements();
                let moments = self
                    .moments
                    .entry(self.path.name())
                    .or_insert_with(|| Moments { first: vec![0.0; size], second: vec![0.0; size] });
                let (stepped, finite) =
                    self.update.apply(tensor.inner(), gradient, &mut moments.first, &mut moments.second);
                if !finite && self.not_finite.is_none() {
                    self.not_finite = Some(self.path.name());
                }
                Tensor::from_inner(stepped).require_grad()
            }
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{layers::Linear, testing::initializer};

    const RATE: f64 = 0.01;

    fn adam() -> Adam {
        Adam::new(AdamSettings { rate: RATE, beta1: 0.0, ..AdamSettings::default() })
    }

    fn weight(layer: &Linear) -> f64 {
        layer.weight.val().into_scalar::<f64>()
    }

    fn stepped(adam: &mut Adam, layer: Linear, beta2: f64) -> Linear {
        adam.set_beta2(beta2);
        let gradients = (layer.weight.val().sum() * 3.0).backward();
        adam.step(layer, gradients, 1.0).0
    }

    /// Under one gradient all the time, `m^ = g` and `v^ = g^2` whatever the betas were: every update moves by the rate.
    #[test]
    fn a_moving_beta2_is_corrected_by_the_product_of_all_it_was_also_across_a_save() {
        let (mut adam_of, mut layer) = (adam(), Linear::new(1, 1, &mut initializer()));
        for beta2 in [0.5, 0.9, 0.99, 0.7, 0.2, 0.999] {
            let before = weight(&layer);
            layer = stepped(&mut adam_of, layer, beta2);
            assert!((before - weight(&layer) - RATE).abs() < 1e-6, "{beta2}: {}", before - weight(&layer));
        }
        let mut tensors = NamedTensors::new();
        adam_of.save("adam", &mut tensors);
        let mut resumed = adam();
        resumed.load(&layer, "adam", &tensors).unwrap();
        let [on, after] = [adam_of, resumed].map(|mut adam| weight(&stepped(&mut adam, layer.clone(), 0.3)));
        assert_eq!(on, after);
        tensors.insert("adam.product".into(), TensorData::new(vec![2.0f64.to_bits() as i64], [1]));
        assert!(adam().load(&layer, "adam", &tensors).is_err());
    }

    #[test]
    fn a_beta2_that_is_set_and_stays_is_the_power() {
        let run = |set: bool| {
            let (mut adam, mut layer) = (adam(), Linear::new(1, 1, &mut initializer()));
            for _ in 0..20 {
                if set {
                    adam.set_beta2(0.999);
                }
                let gradients = layer.weight.val().square().sum().backward();
                layer = adam.step(layer, gradients, 1.0).0;
            }
            weight(&layer)
        };
        assert!((run(true) - run(false)).abs() < 1e-6);
    }
}
