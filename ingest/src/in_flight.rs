//! How many bytes of bodies there may be at once: a semaphore weighted by bytes.
//!
//! Permits follow the bytes that have come, not those a head announces: whoever announces 3 MB and sends nothing
//! takes nothing from the others.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that may be held, over all requests.
#[derive(Clone)]
pub(crate) struct InFlight {
    permits: Arc<Semaphore>,
    gauge: metrics::Gauge,
}

impl InFlight {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))),
            gauge: metrics::gauge!("ingest_in_flight_bytes"),
        }
    }

    /// A reservation of nothing yet.
    pub(crate) fn reserve(&self) -> Reserved {
        Reserved {
            from: self.clone(),
            permit: None,
            bytes: 0,
        }
    }
}

/// Bytes taken by one request; given back on drop.
pub(crate) struct Reserved {
    from: InFlight,
    permit: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Reserved {
    /// Takes `bytes` more, or nothing when there are not so many left.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let Ok(permits) = u32::try_from(bytes) else {
            return false;
        };
        let Ok(more) = self.from.permits.clone().try_acquire_many_owned(permits) else {
            return false;
        };
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        self.bytes += bytes;
        self.from.gauge.increment(bytes as f64);
        true
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.from.gauge.decrement(self.bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_lent_up_to_the_cap_and_come_back() {
        let in_flight = InFlight::new(10);
        let mut first = in_flight.reserve();
        let mut second = in_flight.reserve();
        assert!(first.grow(4) && first.grow(3));
        assert!(!second.grow(4));
        assert!(second.grow(3));
        drop(first);
        assert!(second.grow(7));
        assert!(!second.grow(1));
    }
}
