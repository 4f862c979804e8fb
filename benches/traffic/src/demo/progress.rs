//! What is said while a run lasts: a bar on a terminal, a line every ten seconds elsewhere.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time between lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Time between changes of the bar.
const BAR_EVERY: Duration = Duration::from_millis(250);

/// Running counts, of updates.
#[derive(Debug, Default)]
pub(super) struct Progress {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    rejected: AtomicU64,
    retries: AtomicU64,
}

impl Progress {
    pub(super) fn count_sent(&self, updates: usize) {
        self.sent.fetch_add(updates as u64, Relaxed);
    }

    pub(super) fn count_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(super) fn count_done(&self, updates: usize, acknowledged: bool) {
        let counter = if acknowledged {
            &self.acknowledged
        } else {
            &self.rejected
        };
        counter.fetch_add(updates as u64, Relaxed);
    }

    fn words(&self) -> String {
        let (sent, acknowledged, rejected) = (
            self.sent.load(Relaxed),
            self.acknowledged.load(Relaxed),
            self.rejected.load(Relaxed),
        );
        let open = sent.saturating_sub(acknowledged + rejected);
        let retries = self.retries.load(Relaxed);
        format!("{sent} sent, {acknowledged} acknowledged, {open} open, {rejected} rejected, {retries} retries")
    }
}

/// Shows the counts until it is aborted.
pub(super) async fn show(progress: Arc<Progress>, begin: Instant, span: Option<Duration>) {
    if std::io::stderr().is_terminal() {
        let bar = match span {
            Some(span) => ProgressBar::new(span.as_secs().max(1)).with_style(style("{wide_bar} {pos}/{len} s  {msg}")),
            None => ProgressBar::new_spinner().with_style(style("{spinner} {pos} s  {msg}")),
        };
        loop {
            bar.set_position(begin.elapsed().as_secs());
            bar.set_message(progress.words());
            tokio::time::sleep(BAR_EVERY).await;
        }
    }
    loop {
        tokio::time::sleep(LINE_EVERY).await;
        eprintln!("{:>6.0} s: {}", begin.elapsed().as_secs_f64(), progress.words());
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a constant template that is well formed")
}
