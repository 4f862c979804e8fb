//! `parlance train`: from labelled messages to the weights that ship with the program, and their model card.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::Zoned;
use parlance_analysis::train::{self, Options, report};

/// What to train from, and where to put what comes of it.
#[derive(Args)]
pub(crate) struct TrainArgs {
    /// The corpus: a folder for each language.
    #[arg(long, default_value = "pipeline/analysis/corpus", value_name = "DIR")]
    corpus: PathBuf,
    /// Folder of public labelled messages. Without it less is learned, of languages above all.
    #[arg(long, value_name = "DIR", id = "public")]
    public: Option<PathBuf>,
    /// Where the weights go.
    #[arg(long, default_value = "model.bin", value_name = "FILE")]
    weights: PathBuf,
    /// Where the model card goes; without it the scores are only printed.
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// Rows of the table, as a power of two; a row is 32 bytes.
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u32).range(10..=22))]
    rows_log2: u32,
    /// Name of the weights, stored with every message they label; by default `linear-` and today's date.
    #[arg(long)]
    version: Option<String>,
    /// Learn from what people corrected of this integration's messages (its `phone_number_id`), on top of the shipped weights,
    /// and publish that as a setting when it is better on messages it had not learned from.
    #[arg(long, value_name = "ID", conflicts_with_all = ["public", "card", "compare", "version"])]
    pub(crate) integration: Option<String>,
    /// Learn and measure, but publish nothing.
    #[arg(long, requires = "integration")]
    pub(crate) dry_run: bool,
    /// Train the other families of classifiers too, and compare them on the card.
    #[arg(long)]
    compare: bool,
}

/// Trains, measures, writes.
pub(crate) fn train(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let version = args.version.clone();
    let options = Options {
        corpus: args.corpus.clone(),
        public: args.public.clone(),
        rows_log2: args.rows_log2,
        version: version.unwrap_or_else(|| format!("linear-{}", Zoned::now().date())),
        compare: args.compare,
    };
    let trained = train::run(&options)?;
    let path = &args.weights;
    std::fs::write(path, trained.weights.to_bytes()).with_context(|| path.display().to_string())?;
    print!("{}", report::table(&trained.report.measured));
    println!("\nweights: {}", path.display());
    if let Some(path) = &args.card {
        std::fs::write(path, trained.report.card()).with_context(|| path.display().to_string())?;
        println!("card: {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
