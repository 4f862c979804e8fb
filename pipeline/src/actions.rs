//! What live triggers ask for goes to whoever takes actions, ahead of the rows.
//!
//! Keeps true: the actions of an interval are handed over once, in order of time, as soon as its tick is over, however far the
//! rows of earlier intervals are behind: a slow database delays no action. The rows of an interval wait until its actions are
//! durable, so a shard's progress says of both that they are complete; what was acted on and not written when a process ended
//! is asked for again, under the same ids. Holds: actions that wait for their writer.

use std::collections::VecDeque;
use std::sync::mpsc::TrySendError;

use parlance_schemas::action::{ActionWriter, Actions};
use parlance_schemas::rows::Interval;

use crate::error::Error;
use crate::threads::Ended;
use crate::writer::{self, Behind, Door};

/// The n-th actions of a worker, from 1; 0 where there are none.
pub(crate) type Turn = u64;

/// The worker's side of its writer of actions.
pub(crate) struct Acting {
    door: Door<Actions>,
    waiting: VecDeque<Actions>,
    asked: Turn,
    done: Turn,
    gauge: metrics::Gauge,
}

impl Acting {
    /// Starts the thread behind it.
    pub(crate) fn start(
        mut writer: Box<dyn ActionWriter>,
        behind: &Behind,
        worker: usize,
    ) -> Result<(Self, Ended), Error> {
        let (door, ended) = writer::start("parlance-actions", behind, move |actions: &Actions| {
            writer.write(actions)?;
            Ok(actions.through)
        })?;
        let acting = Self {
            door,
            waiting: VecDeque::new(),
            asked: 0,
            done: 0,
            gauge: metrics::gauge!("pipeline_actions_waiting", "worker" => worker.to_string()),
        };
        Ok((acting, ended))
    }

    /// Takes the actions of an interval; its rows may go when [`Self::done`] says so of what is returned.
    pub(crate) fn ask(&mut self, interval: &Interval) -> Turn {
        let Some(actions) = Actions::of(interval) else {
            return 0;
        };
        self.waiting.push_back(actions);
        self.asked += 1;
        self.asked
    }

    /// Hands over what there is room for, and takes note of what has been done.
    pub(crate) fn go_on(&mut self) {
        self.done += self.door.durable.try_iter().count() as Turn;
        while let Some(actions) = self.waiting.pop_front() {
            // Full: the writer wakes us when it has room. Hung up: it has ended and has said why; the rows will never go.
            if let Err(TrySendError::Full(actions) | TrySendError::Disconnected(actions)) =
                self.door.in_order.try_send(actions)
            {
                self.waiting.push_front(actions);
                break;
            }
        }
        self.gauge.set(self.waiting.len() as f64);
    }

    /// Whether everything asked for up to this turn is durable.
    pub(crate) fn done(&self, turn: Turn) -> bool {
        turn <= self.done
    }
}
