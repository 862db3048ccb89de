//! What every built-in pair promises of classes: all networks, under every head and every way of telling the generator.

use burn::{
    module::{ModuleVisitor, Param},
    tensor::{DType, Gradients},
};

use super::*;
use crate::{
    Config,
    parameters::{self, NamedTensors},
    random::{Draws, Purpose, Seed},
    testing::*,
};

const CLASSES: usize = 3;

fn conditionals(network: &Network) -> Vec<Conditional> {
    let heads = [(HeadKind::Projection, false), (HeadKind::Projection, true), (HeadKind::Concat, false)];
    let all = [GeneratorLabels::Cbn, GeneratorLabels::Embedding, GeneratorLabels::Both];
    let possible: Vec<_> = all
        .into_iter()
        .filter(|labels| network.generator_has_batch_norm || *labels == GeneratorLabels::Embedding)
        .collect();
    let pairs = heads.iter().flat_map(|head| possible.iter().map(move |labels| (*head, *labels)));
    pairs
        .map(|((head, psi), labels)| Conditional { head, psi, generator: Some(labels), ..Conditional::default() })
        .collect()
}

/// Every conditional pair with the shape of its samples.
fn each(mut check: impl FnMut(&str, [usize; 3], BuiltinGenerator, BuiltinDiscriminator)) {
    for network in NETWORKS {
        let shapes = [[2, 1, 1], [1, 28, 28], [3, 32, 32], [3, 64, 64]];
        let shape = shapes.into_iter().find(|shape| network.serves(*shape)).unwrap();
        for conditional in conditionals(network) {
            let config = Config { network: network.name.into(), conditional: Some(conditional), ..Config::default() };
            let (generator, discriminator) = build(&config, shape, CLASSES, &device()).unwrap();
            check(&format!("{} with {conditional:?}", network.name), shape, generator, discriminator);
        }
    }
}

fn latents(generator: &impl Generator, n: usize) -> Tensor<2> {
    Draws::new(Seed(9), Purpose::Sample, 0).normal_tensor([n, generator.latent_size()], &device())
}

fn samples([channels, height, width]: [usize; 3], n: usize) -> Tensor<4> {
    Draws::new(Seed(9), Purpose::Data, 0).uniform_tensor([n, channels, height, width], -1.0, 1.0, &device())
}

/// With rows of the classes that differ, which batch norms do not have at first.
fn spread(generator: BuiltinGenerator) -> BuiltinGenerator {
    parameters::map_trained(generator, |weight| {
        let size = weight.dims()[0];
        let noise = Draws::new(Seed(3), Purpose::Sample, size as u64).normal_tensor([size], &device().inner());
        weight + noise * 0.1
    })
}

fn rows(values: Vec<f64>, n: usize) -> Vec<Vec<f64>> {
    values.chunks(values.len() / n).map(<[f64]>::to_vec).collect()
}

#[test]
fn both_networks_say_how_many_classes_they_know() {
    each(|what, _, generator, discriminator| {
        assert_eq!((generator.classes(), discriminator.classes()), (Some(CLASSES), Some(CLASSES)), "{what}");
    });
}

#[test]
fn a_logit_follows_its_own_label_and_no_other() {
    each(|what, shape, _, discriminator| {
        let x = samples(shape, 4);
        let logits = |labels: [usize; 4]| {
            values(discriminator.forward(x.clone().into(), &Pass::train().with_labels(Some(&labels))).value)
        };
        let (before, after) = (logits([0, 1, 2, 0]), logits([0, 2, 1, 1]));
        assert_eq!(before[0], after[0], "{what}");
        for n in 1..4 {
            assert_ne!(before[n], after[n], "{what}, sample {n}");
        }
        // swapping labels back and forth changes nothing
        assert_eq!(before, logits([0, 1, 2, 0]), "{what}");
    });
}

#[test]
fn a_sample_follows_its_own_label_and_no_other() {
    each(|what, _, generator, _| {
        let generator = spread(generator);
        let z = latents(&generator, 3);
        let images = |labels: [usize; 3]| {
            rows(values(generator.forward(z.clone(), &Pass::eval().with_labels(Some(&labels)))), 3)
        };
        let (before, after) = (images([0, 1, 2]), images([0, 2, 2]));
        assert_eq!(before[0], after[0], "{what}");
        assert_ne!(before[1], after[1], "{what}");
        assert_eq!(before[2], after[2], "{what}");
    });
}

#[test]
fn a_walk_between_classes_begins_at_one_and_ends_at_the_other() {
    each(|what, _, generator, _| {
        let generator = spread(generator);
        let z = latents(&generator, 1).repeat_dim(0, 3);
        let blend = Blend { towards: &[2; 3], shares: &[0.0, 0.5, 1.0] };
        let walk = generator.forward(z.clone(), &Pass::eval().with_labels(Some(&[1; 3])).with_blend(blend));
        let walk = rows(values(walk), 3);
        let ends = rows(values(generator.forward(z, &Pass::eval().with_labels(Some(&[1, 0, 2])))), 3);
        assert_eq!((&walk[0], &walk[2]), (&ends[0], &ends[2]), "{what}");
        assert!(walk[1] != walk[0] && walk[1] != walk[2], "{what}");
    });
}

#[test]
fn saved_tensors_bring_back_every_row() {
    each(|what, shape, generator, discriminator| {
        let mut tensors = NamedTensors::new();
        let generator = spread(generator);
        parameters::save(&generator, "generator", &mut tensors);
        parameters::save(&discriminator, "discriminator", &mut tensors);
        let restored_g = parameters::load(generator.clone(), "generator", &tensors).unwrap();
        let restored_d = parameters::load(discriminator.clone(), "discriminator", &tensors).unwrap();
        let labels = [2, 0];
        let pass = Pass::eval().with_labels(Some(&labels));
        let z = latents(&generator, 2);
        assert_eq!(values(generator.forward(z.clone(), &pass)), values(restored_g.forward(z, &pass)), "{what}");
        let logits = |network: &BuiltinDiscriminator| values(network.forward(samples(shape, 2).into(), &pass).value);
        assert_eq!(logits(&discriminator), logits(&restored_d), "{what}");
    });
}

#[test]
fn every_trained_tensor_receives_a_gradient() {
    struct Missing<'a>(&'a Gradients, usize);
    impl ModuleVisitor for Missing<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1 += usize::from(param.is_require_grad() && param.val().grad(self.0).is_none());
        }
    }
    each(|what, _, generator, discriminator| {
        let labels = [0, 1, 2, 1];
        let pass = Pass::train().with_labels(Some(&labels));
        let images = generator.forward(latents(&generator, 4), &pass);
        let gradients = discriminator.forward(images.into(), &pass).value.sum().backward();
        let mut missing = Missing(&gradients, 0);
        generator.visit(&mut missing);
        discriminator.visit(&mut missing);
        assert_eq!(missing.1, 0, "{what}");
    });
}

#[test]
fn the_tangent_of_a_logit_is_its_directional_derivative_with_labels_held() {
    each(|what, [channels, height, width], generator, discriminator| {
        // the generator does not matter here: one of each kind of head is enough
        if generator.classes() == Some(CLASSES) && !what.contains("Both") {
            let discriminator = parameters::cast(discriminator, DType::F64);
            let labels = [2, 1];
            let pass = Pass::eval().with_labels(Some(&labels));
            assert_tangent_is_derivative([2, channels, height, width], |x| discriminator.forward(x, &pass));
        }
    });
}

#[test]
fn an_unconditional_pair_is_blind_to_labels() {
    let (generator, discriminator) = build(&Config::default(), [1, 28, 28], CLASSES, &device()).unwrap();
    let labels = [1, 0];
    let z = latents(&generator, 2);
    let images = |pass: Pass| values(generator.forward(z.clone(), &pass));
    assert_eq!(images(Pass::eval()), images(Pass::eval().with_labels(Some(&labels))));
    let logits = |pass: Pass| values(discriminator.forward(samples([1, 28, 28], 2).into(), &pass).value);
    assert_eq!(logits(Pass::train()), logits(Pass::train().with_labels(Some(&labels))));
}

#[test]
fn classes_that_no_pair_can_have_are_refused() {
    let config = |network: &str, generator| Config {
        network: network.into(),
        conditional: Some(Conditional { generator, ..Conditional::default() }),
        ..Config::default()
    };
    for (classes, sentence) in [(0, "without labels"), (1, "one class only"), (1 << 20, "1048576 classes")] {
        let error = build(&config("small28", None), [1, 28, 28], classes, &device()).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains(sentence), "{error}");
    }
    let error = build(&config("mlp", Some(GeneratorLabels::Cbn)), [2, 1, 1], 3, &device()).unwrap_err();
    assert!(error.to_string().contains("generator-labels: expected embedding"), "{error}");
}
