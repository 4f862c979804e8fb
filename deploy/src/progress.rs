//! The start-up display: a line a step, with what it took; plain lines when nobody watches.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows the step under way, and one line for each that is done.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    step: String,
    since: Instant,
}

impl Progress {
    /// A display on stderr: a spinner on a terminal, lines otherwise.
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("the template is valid");
            let bar = ProgressBar::new_spinner().with_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self {
            bar,
            step: String::new(),
            since: Instant::now(),
        }
    }

    /// Begins a step.
    pub(crate) fn begin(&mut self, step: impl Into<String>) {
        self.step = step.into();
        self.since = Instant::now();
        if let Some(bar) = &self.bar {
            bar.reset_elapsed();
            bar.set_message(self.step.clone());
        }
    }

    /// Ends the step; `outcome` says what there is now.
    pub(crate) fn done(&self, outcome: &str) {
        let line = format!(
            "  ✓ {:<34} {outcome} ({:.1} s)",
            self.step,
            self.since.elapsed().as_secs_f64()
        );
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
