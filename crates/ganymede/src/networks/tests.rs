//! What every built-in pair promises, shown for each row of [`NETWORKS`].

use burn::{
    module::{ModuleVisitor, Param},
    tensor::{DType, Gradients},
};

use super::*;
use crate::{
    Config,
    error::Error,
    parameters::{self, NamedTensors},
    random::{Draws, Purpose, Seed},
    testing::*,
};

/// A shape that the network serves.
fn shape_for(network: &Network) -> [usize; 3] {
    let shapes = [[2, 1, 1], [1, 28, 28], [3, 32, 32], [3, 64, 64]];
    shapes.into_iter().find(|shape| network.serves(*shape)).unwrap()
}

fn config(network: &str, seed: u64) -> Config {
    Config { network: network.into(), seed: Seed(seed), ..Config::default() }
}

/// Every pair, and again with batch normalisation in the discriminator where it has that.
fn configs(seed: u64) -> impl Iterator<Item = (Config, [usize; 3])> {
    NETWORKS.iter().flat_map(move |network| {
        let plain = config(network.name, seed);
        let with_batch_norm = Config { discriminator_batch_norm: true, ..plain.clone() };
        let both = [Some(plain), network.has_batch_norm.then_some(with_batch_norm)];
        both.into_iter().flatten().map(|config| (config, shape_for(network)))
    })
}

fn pairs(seed: u64) -> impl Iterator<Item = (Config, BuiltinGenerator, BuiltinDiscriminator)> {
    configs(seed).map(|(config, shape)| {
        let (generator, discriminator) = build(&config, shape, 0, &device()).unwrap();
        (config, generator, discriminator)
    })
}

fn latents(generator: &impl Generator, n: usize) -> Tensor<2> {
    Draws::new(Seed(9), Purpose::Sample, 0).normal_tensor([n, generator.latent_size()], &device())
}

/// Samples with every value in (-1, 1).
fn samples<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Draws::new(Seed(9), Purpose::Data, 0).uniform_tensor(shape, -1.0, 1.0, &device())
}

fn saved(generator: &BuiltinGenerator, discriminator: &BuiltinDiscriminator) -> NamedTensors {
    let mut tensors = NamedTensors::new();
    parameters::save(generator, "generator", &mut tensors);
    parameters::save(discriminator, "discriminator", &mut tensors);
    tensors
}

fn bytes(tensors: &NamedTensors) -> Vec<(&str, &[u8])> {
    tensors.iter().map(|(name, data)| (name.as_str(), data.as_bytes())).collect()
}

#[test]
fn a_generator_makes_samples_of_the_shape_asked_for_images_in_range() {
    for (config, generator, _) in pairs(1) {
        let network = NETWORKS.iter().find(|network| network.name == config.network).unwrap();
        let [channels, height, width] = shape_for(network);
        assert_eq!(generator.latent_size(), network.latent_size, "{}", config.network);
        // large latents, to drive the outputs to the ends of their range
        let images = generator.forward(latents(&generator, 3) * 100.0, &Pass::train());
        assert_eq!(images.dims(), [3, channels, height, width], "{}", config.network);
        if generator.is_bounded() {
            assert!(values(images).iter().all(|v| (-1.0..=1.0).contains(v)), "{}", config.network);
        }
    }
}

#[test]
fn the_latent_size_may_be_chosen() {
    for (config, shape) in configs(1) {
        let (generator, _) = build(&Config { latent_size: Some(7), ..config }, shape, 0, &device()).unwrap();
        assert_eq!(generator.latent_size(), 7);
        assert_eq!(generator.forward(latents(&generator, 2), &Pass::train()).dims()[0], 2);
    }
}

#[test]
fn saved_tensors_bring_back_every_weight_and_statistic() {
    for ((config, generator, discriminator), (_, other_g, other_d)) in pairs(1).zip(pairs(2)) {
        // a training pass moves the running statistics away from where they begin
        let images = generator.forward(latents(&generator, 4), &Pass::train());
        discriminator.forward(images.into(), &Pass::train());
        let tensors = saved(&generator, &discriminator);
        let restored_g = parameters::load(other_g, "generator", &tensors).unwrap();
        let restored_d = parameters::load(other_d, "discriminator", &tensors).unwrap();
        assert!(bytes(&tensors) == bytes(&saved(&restored_g, &restored_d)), "{}", config.network);
        let outputs = |generator: &BuiltinGenerator, discriminator: &BuiltinDiscriminator| {
            let images = generator.forward(latents(generator, 2), &Pass::eval());
            values(discriminator.forward(images.into(), &Pass::eval()).value)
        };
        let (expected, got) = (outputs(&generator, &discriminator), outputs(&restored_g, &restored_d));
        assert_eq!(expected, got, "{}", config.network);
    }
}

#[test]
fn a_tensor_is_named_by_its_place_in_the_network() {
    let (generator, discriminator) = build(&config("small28", 0), [1, 28, 28], 0, &device()).unwrap();
    let tensors = saved(&generator, &discriminator);
    for name in ["generator.fc1.weight", "generator.norm1.running_mean", "discriminator.conv1.bias"] {
        assert!(tensors.contains_key(name), "{name} is not among {:?}", tensors.keys());
    }
}

#[test]
fn initial_weights_depend_on_the_seed_alone() {
    for ((config, g1, d1), ((_, g2, d2), (_, g3, d3))) in pairs(1).zip(pairs(1).zip(pairs(2))) {
        assert!(bytes(&saved(&g1, &d1)) == bytes(&saved(&g2, &d2)), "{}", config.network);
        assert!(bytes(&saved(&g1, &d1)) != bytes(&saved(&g3, &d3)), "{}", config.network);
    }
}

/// ```python
/// L = lambda i, o, bias=True: nn.Linear(i, o, bias=bias)
/// C = lambda i, o, k, bias=True: nn.Conv2d(i, o, k, bias=bias)
/// T = lambda i, o, k, bias=True: nn.ConvTranspose2d(i, o, k, bias=bias); B = nn.BatchNorm1d
/// def count(*layers): return sum(p.numel() for layer in layers for p in layer.parameters())
/// count(L(2,128), L(128,128), L(128,128), L(128,2)), count(L(2,128), L(128,128), L(128,128), L(128,1))
/// count(L(64,512,False), B(512), L(512,3136,False), B(3136), C(16,32,3,False), B(32), C(8,1,3))
/// count(C(1,32,4), C(32,64,4), L(3136,512), L(512,1))
/// count(L(64,1024,False), B(1024), L(1024,6272,False), B(6272), T(128,64,4,False), B(64), T(64,1,4))
/// count(C(1,64,4), C(64,128,4), L(6272,1024), L(1024,1))
/// count(L(128,4096,False), B(256), T(256,128,4,False), B(128), T(128,64,4,False), B(64), T(64,3,4))
/// count(C(3,64,4), C(64,128,4), C(128,256,4), L(4096,1))
/// count(L(100,8192,False), B(512), T(512,256,4,False), B(256), T(256,128,4,False), B(128), T(128,64,4,False), B(64), T(64,3,4))
/// count(C(3,64,4), C(64,128,4), C(128,256,4), C(256,512,4), L(8192,1))
/// ```
#[test]
fn parameter_counts_are_those_of_the_architecture() {
    struct Counter(usize);
    impl ModuleVisitor for Counter {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0 += if param.is_require_grad() { param.shape().num_elements() } else { 0 };
        }
    }
    let count = |module: &dyn Fn(&mut Counter)| {
        let mut counter = Counter(0);
        module(&mut counter);
        counter.0
    };
    let expected = [
        ("mlp", 33_666, 33_537),
        ("small28", 1_650_441, 1_640_033),
        ("infogan28", 6_634_881, 6_556_865),
        ("dcgan32", 1_183_619, 662_977),
        ("dcgan64", 3_576_707, 2_764_737),
    ];
    let plain = pairs(0).filter(|(config, ..)| !config.discriminator_batch_norm);
    for ((config, generator, discriminator), expected) in plain.zip(expected) {
        let got = (count(&|counter| generator.visit(counter)), count(&|counter| discriminator.visit(counter)));
        assert_eq!((config.network.as_str(), got.0, got.1), expected);
    }
}

#[test]
fn every_trained_tensor_receives_a_gradient() {
    struct Missing<'a>(&'a Gradients, usize);
    impl ModuleVisitor for Missing<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1 += usize::from(param.is_require_grad() && param.val().grad(self.0).is_none());
        }
    }
    for (config, generator, discriminator) in pairs(3) {
        let images = generator.forward(latents(&generator, 4), &Pass::train());
        let gradients = discriminator.forward(images.into(), &Pass::train()).value.sum().backward();
        let mut missing = Missing(&gradients, 0);
        generator.visit(&mut missing);
        discriminator.visit(&mut missing);
        assert_eq!(missing.1, 0, "{}", config.network);
    }
}

#[test]
fn logits_follow_their_samples_when_a_batch_is_permuted() {
    for (config, _, discriminator) in pairs(4).filter(|(_, _, discriminator)| !discriminator.couples_samples()) {
        let [channels, height, width] = shape_for(NETWORKS.iter().find(|n| n.name == config.network).unwrap());
        let batch = samples([5, channels, height, width]);
        let order = [3, 0, 4, 1, 2];
        let permuted = order.map(|n: usize| batch.clone().narrow(0, n, 1)).to_vec();
        let logits = |x: Tensor<4>| values(discriminator.forward(x.into(), &Pass::train()).value);
        let expected = logits(batch.clone());
        let got = logits(Tensor::cat(permuted, 0));
        for (n, got) in order.into_iter().zip(got) {
            assert!((expected[n] - got).abs() < 1e-5, "{}: expected {}, got {got}", config.network, expected[n]);
        }
    }
}

#[test]
fn the_tangent_of_a_logit_is_its_directional_derivative() {
    for (config, _, discriminator) in pairs(5) {
        let [channels, height, width] = shape_for(NETWORKS.iter().find(|n| n.name == config.network).unwrap());
        let discriminator = parameters::cast(discriminator, DType::F64);
        assert_tangent_is_derivative([2, channels, height, width], |x| discriminator.forward(x, &Pass::eval()));
    }
}

#[test]
fn batch_norm_in_the_discriminator_couples_the_samples_and_keeps_the_other_weights() {
    for (config, shape) in configs(6).filter(|(config, _)| config.discriminator_batch_norm) {
        let (_, normalized) = build(&config, shape, 0, &device()).unwrap();
        let without = Config { discriminator_batch_norm: false, ..config.clone() };
        let (_, plain) = build(&without, shape, 0, &device()).unwrap();
        assert!(!plain.couples_samples() && normalized.couples_samples(), "{}", config.network);
        let first_weight = |discriminator: &BuiltinDiscriminator| {
            let mut tensors = NamedTensors::new();
            parameters::save(discriminator, "d", &mut tensors);
            assert_eq!(tensors.contains_key("d.conv2.bias"), !discriminator.couples_samples());
            tensors["d.conv2.weight"].clone().into_bytes()
        };
        assert_eq!(first_weight(&plain), first_weight(&normalized), "{}", config.network);
    }
}

#[test]
fn a_network_that_cannot_serve_the_data_names_those_that_can() {
    let text = |network: &str, shape| {
        let error = build(&config(network, 0), shape, 0, &device()).unwrap_err();
        assert!(matches!(error, Error::Setting { .. }), "{error:?}");
        error.to_string()
    };
    let error = text("mlp", [1, 28, 28]);
    assert!(
        error.contains("'mlp'") && error.contains("1 x 28 x 28") && error.contains("small28, infogan28"),
        "{error}"
    );
    assert!(text("small28", [3, 32, 32]).contains("dcgan32"));
    assert!(text("small28", [3, 17, 32]).contains("no built-in network serves these"));
    assert!(text("dcgan32", [5, 32, 32]).contains("no built-in network serves these"));
}

#[test]
fn an_unknown_network_names_the_nearest() {
    let error = build(&config("smal28", 0), [1, 28, 28], 0, &device()).unwrap_err();
    assert!(error.to_string().contains("did you mean 'small28'?"), "{error}");
}

#[test]
fn batch_norm_that_a_network_does_not_have_is_refused() {
    for (network, shape) in [("mlp", [2, 1, 1]), ("small28", [1, 28, 28])] {
        let config = Config { discriminator_batch_norm: true, ..config(network, 0) };
        let error = build(&config, shape, 0, &device()).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("infogan28, dcgan32"), "{error}");
    }
}
