//! A plot as data: axes, and layers of marks. [`draw`](super::draw) makes SVG and PNG of it.

use serde::Serialize;

/// One picture.
#[derive(Debug, Clone, Serialize)]
pub struct Plot {
    /// The name of its files, in kebab case.
    pub name: String,
    pub title: String,
    /// What to see in it.
    pub caption: String,
    pub x: Axis,
    pub y: Axis,
    pub layers: Vec<Layer>,
    /// Whether a unit is as long upwards as it is to the right.
    #[serde(skip)]
    pub is_square: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Axis {
    pub label: String,
    /// From where to where; from the data where nothing is said.
    pub range: Option<(f64, f64)>,
    pub is_logarithmic: bool,
}

/// Marks of one kind and colour, named in the legend unless the name is empty.
#[derive(Debug, Clone, Serialize)]
pub struct Layer {
    pub name: String,
    pub ink: Ink,
    pub mark: Mark,
}

/// The colours, readable on light and on dark ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ink {
    Text,
    Grey,
    Blue,
    Orange,
    Green,
    Red,
    Purple,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "data")]
pub enum Mark {
    /// (x, y) joined.
    Line(Vec<[f64; 2]>),
    /// (x, y) joined by dashes: closed forms.
    Dashed(Vec<[f64; 2]>),
    /// (x, y).
    Dots(Vec<[f64; 2]>),
    /// (x, low, high), filled.
    Band(Vec<[f64; 3]>),
    /// (x, y, half length).
    ErrorBars(Vec<[f64; 3]>),
    /// (x, y, dx, dy).
    Arrows(Vec<[f64; 4]>),
    /// (left, bottom, right, top, opacity in [0, 1]).
    Cells(Vec<[f64; 5]>),
}

impl Axis {
    fn new(label: &str) -> Self {
        Axis { label: label.to_owned(), range: None, is_logarithmic: false }
    }
}

impl Plot {
    pub fn new(name: impl Into<String>, title: impl Into<String>, x: &str, y: &str) -> Self {
        Plot {
            name: name.into(),
            title: title.into(),
            caption: String::new(),
            x: Axis::new(x),
            y: Axis::new(y),
            layers: Vec::new(),
            is_square: false,
        }
    }

    pub fn caption(self, caption: impl Into<String>) -> Self {
        Plot { caption: caption.into(), ..self }
    }

    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x.range = Some((low, high));
        self
    }

    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some((low, high));
        self
    }

    /// With a logarithmic x axis; what is not positive is left out.
    pub fn log_x(mut self) -> Self {
        self.x.is_logarithmic = true;
        self
    }

    /// With a logarithmic y axis; what is not positive is left out.
    pub fn log_y(mut self) -> Self {
        self.y.is_logarithmic = true;
        self
    }

    pub fn square(self) -> Self {
        Plot { is_square: true, ..self }
    }

    pub fn layer(mut self, name: impl Into<String>, ink: Ink, mark: Mark) -> Self {
        self.layers.push(Layer { name: name.into(), ink, mark });
        self
    }

    pub fn line(self, name: impl Into<String>, ink: Ink, points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        self.layer(name, ink, Mark::Line(points.into_iter().collect()))
    }

    pub fn dashed(self, name: impl Into<String>, ink: Ink, points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        self.layer(name, ink, Mark::Dashed(points.into_iter().collect()))
    }

    pub fn dots(self, name: impl Into<String>, ink: Ink, points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        self.layer(name, ink, Mark::Dots(points.into_iter().collect()))
    }

    pub fn band(self, name: impl Into<String>, ink: Ink, points: impl IntoIterator<Item = [f64; 3]>) -> Self {
        self.layer(name, ink, Mark::Band(points.into_iter().collect()))
    }

    /// A dot with its error bar: mean and standard deviation of each group of values.
    pub fn measured<'a>(
        self,
        name: impl Into<String>,
        ink: Ink,
        groups: impl IntoIterator<Item = (f64, &'a [f64])>,
    ) -> Self {
        let bars = groups.into_iter().map(|(x, values)| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            [x, mean, (squares / (n - 1.0).max(1.0)).sqrt()]
        });
        self.layer(name, ink, Mark::ErrorBars(bars.collect()))
    }
}

impl Mark {
    /// The points that must lie within the axes.
    pub(super) fn extent(&self) -> Vec<[f64; 2]> {
        match self {
            Mark::Line(points) | Mark::Dashed(points) | Mark::Dots(points) => points.clone(),
            Mark::Band(points) => points.iter().flat_map(|[x, low, high]| [[*x, *low], [*x, *high]]).collect(),
            Mark::ErrorBars(points) => {
                points.iter().flat_map(|[x, y, half]| [[*x, y - half], [*x, y + half]]).collect()
            }
            Mark::Arrows(points) => points.iter().flat_map(|[x, y, dx, dy]| [[*x, *y], [x + dx, y + dy]]).collect(),
            Mark::Cells(points) => points.iter().flat_map(|[x, y, right, top, _]| [[*x, *y], [*right, *top]]).collect(),
        }
    }
}
