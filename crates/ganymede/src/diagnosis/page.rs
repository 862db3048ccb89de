//! The page of a diagnosis: what is wrong, what happened when, what it looked like.

use std::fmt::Write;

use super::{Deep, Diagnosis, Look, Measurement, Records};
use crate::{
    health::{Event, Severity},
    lab::{DARK_STYLE, Plot, REPORT_STYLE, escaped, figure},
};

/// A picture beside the page, and what it shows.
pub(super) struct Picture {
    pub file: String,
    pub caption: String,
}

pub(super) fn page(
    records: &Records,
    diagnosis: &Diagnosis,
    figures: &[(Plot, String)],
    pictures: &[Picture],
) -> String {
    let name = records.directory.path().file_name().unwrap_or_default().to_string_lossy();
    let plots: String = figures.iter().map(|(plot, svg)| figure(plot, svg)).collect();
    let shown: String = pictures.iter().map(picture).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"data:,\">\
         <title>Diagnosis of {name}</title>\
         <style>{REPORT_STYLE}{DARK_STYLE} img{{max-width:100%;image-rendering:pixelated;border-radius:8px}}</style>\
         </head><body><main><h1>{name}</h1>{verdict}{account}{happened}{deep}\
         {plots}{shown}\
         <footer>By Ganymede {version}. Run it again: <code>ganymede diagnose {run}</code></footer></main></body></html>\n",
        name = escaped(&name),
        verdict = verdict(diagnosis),
        account = account(records, diagnosis),
        happened = happened(diagnosis),
        deep = diagnosis.deep.as_ref().map_or_else(String::new, deep),
        plots = section("Numbers", &plots),
        shown = section("Pictures", &shown),
        version = diagnosis.ganymede,
        run = escaped(&records.directory.path().display().to_string()),
    )
}

/// Figures under a heading; nothing of none.
fn section(title: &str, figures: &str) -> String {
    match figures {
        "" => String::new(),
        _ => format!("<section><h2>{title}</h2><div class=\"figures\">{figures}</div></section>"),
    }
}

fn verdict(diagnosis: &Diagnosis) -> String {
    let headline = escaped(&diagnosis.headline());
    match &diagnosis.verdict {
        None => format!("<p class=\"lead\"><span class=\"holds\">✓</span> {headline}</p>"),
        Some(event) => {
            let numbers = numbers(event);
            let numbers = if numbers.is_empty() { numbers } else { format!("{numbers}: ") };
            format!(
                "<p class=\"lead\"><span class=\"fails\">✗</span> <b>{headline}</b></p><p>{}{}.</p>\
                 <p><b>Advice</b>: {}.</p>",
                escaped(&numbers),
                escaped(&event.cause),
                escaped(&event.advice),
            )
        }
    }
}

fn numbers(event: &Event) -> String {
    event.evidence.iter().map(|evidence| evidence.to_string()).collect::<Vec<_>>().join(", ")
}

/// The run in a few rows.
fn account(records: &Records, diagnosis: &Diagnosis) -> String {
    let config = &records.config;
    let what = match &config.vae {
        Some(vae) => format!("VAE, {}, on {}", vae.likelihood, config.network),
        None => format!("{} on {}, penalty {}", config.objective, config.network, config.penalty),
    };
    let mut rows = vec![
        ("Data", config.data.clone()),
        ("Model", what),
        ("Steps", format!("{} of {}", diagnosis.steps_done, diagnosis.steps)),
        ("Ended", diagnosis.ending.to_string()),
    ];
    if let (Some(best), Some(figure), Some(share)) = (diagnosis.best, &diagnosis.figure, diagnosis.share_after_best()) {
        let of = |Measurement { step, figure: value, .. }: Measurement| format!("{figure} {value:.4} at step {step}");
        let text = format!("{}; {:.0} % of the steps came after it", of(best), 100.0 * share);
        rows.push(("Best", text));
        rows.extend(diagnosis.newest.map(|newest| ("Last measured", of(newest))));
    }
    if diagnosis.is_replayed {
        let text = "nobody watched this run; the detectors looked at its statistics now, means over a tick each";
        rows.push(("Watched", text.to_owned()));
    }
    let rows: String =
        rows.iter().map(|(name, value)| format!("<tr><td>{name}</td><td>{}</td></tr>", escaped(value))).collect();
    format!("<section><h2>The run</h2><table><tbody>{rows}</tbody></table></section>")
}

fn happened(diagnosis: &Diagnosis) -> String {
    if diagnosis.episodes.is_empty() && diagnosis.skipped.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for episode in &diagnosis.episodes {
        let onset = &episode.onset;
        let mark = if onset.severity == Severity::Fault { "fails" } else { "quiet" };
        // writing to a String cannot fail
        let _ = write!(
            rows,
            "<tr><td class=\"{mark}\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            onset.detector,
            episode.span(),
            escaped(&numbers(onset)),
            escaped(&onset.cause),
            escaped(&onset.advice),
        );
    }
    for skipped in &diagnosis.skipped {
        let _ = write!(
            rows,
            "<tr><td class=\"quiet\">left out</td><td>step {}</td><td>{} is {}</td><td>a number that is not finite</td><td></td></tr>",
            skipped.step,
            escaped(&skipped.quantity),
            escaped(&skipped.value),
        );
    }
    format!(
        "<section><h2>What happened when</h2><div class=\"wide\"><table><thead><tr><th>What</th><th>When</th>\
         <th>Evidence</th><th>Likely cause</th><th>Advice</th></tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

fn deep(deep: &Deep) -> String {
    let looks: String = deep.looks.iter().map(look).collect();
    format!(
        "<section><h2>Deeper</h2><p class=\"quiet\">{} samples; each player improved for {} steps against the other.</p>\
         <div class=\"wide\"><table><thead><tr><th>Step</th><th>What</th><th class=\"number\">Measured</th><th>Meaning</th>\
         </tr></thead><tbody>{looks}</tbody></table></div></section>",
        deep.options.samples, deep.options.gap_steps,
    )
}

fn look(look: &Look) -> String {
    let mut rows: Vec<(&str, String, String)> = Vec::new();
    if let Some(gap) = &look.gap {
        let text = format!(
            "what D wins is {:.3} now, {:.3} once D is improved, {:.3} once G is; 0 only at an equilibrium",
            gap.payoff, gap.best_discriminator, gap.best_generator
        );
        rows.push(("duality gap", format!("{:.3}", gap.gap), text));
    }
    if let Some(ratio) = &look.ratio {
        rows.push(("KL(q‖p)", format!("{:.3}", ratio.kl), "nats, of generated against held-out data".into()));
        rows.push((
            "JSD",
            format!("{:.3}", ratio.jsd),
            "a lower bound, nats; log 2 = 0.693 where nothing overlaps".into(),
        ));
        let text = format!("of a fresh discriminator, held out; 50 % where it cannot tell (p = {:.1e})", ratio.p_value);
        rows.push(("told apart", format!("{:.1} %", 100.0 * ratio.accuracy), text));
    }
    if let Some(memorisation) = &look.memorisation {
        let text = "by pixels; far below 0 it copies its training data, far above it underfits";
        rows.push(("memorisation z", format!("{:.2}", memorisation.z), text.into()));
    }
    let mut html: String = rows
        .iter()
        .map(|(what, value, meaning)| {
            format!(
                "<tr><td>{}</td><td>{what}</td><td class=\"number\">{value}</td><td class=\"quiet\">{}</td></tr>",
                look.step,
                escaped(meaning)
            )
        })
        .collect();
    for note in &look.notes {
        let _ = write!(html, "<tr><td>{}</td><td colspan=\"3\" class=\"quiet\">{}</td></tr>", look.step, escaped(note));
    }
    html
}

fn picture(picture: &Picture) -> String {
    let (file, caption) = (escaped(&picture.file), escaped(&picture.caption));
    format!("<figure><img src=\"{file}\" alt=\"{caption}\"><figcaption>{caption}</figcaption></figure>")
}
