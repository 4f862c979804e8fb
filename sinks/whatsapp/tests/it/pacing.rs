//! Pacing on a simulated clock: whatever the mix, no limit is passed.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::time::Duration;

use parlance_whatsapp::pace::{Bounds, HIGH, Pacer, STANDARD};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Meta's figures, told anew.
const SIX_SECONDS: Duration = Duration::from_secs(6);
const AT_ONCE: usize = 45;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The most that fell into any half-open span of this length.
fn most_in(times: &[Duration], span: Duration) -> usize {
    let mut window = VecDeque::new();
    let mut most = 0;
    for time in times {
        window.push_back(*time);
        while window.front().is_some_and(|first| *first + span <= *time) {
            window.pop_front();
        }
        most = most.max(window.len());
    }
    most
}

#[test]
fn no_ten_minutes_of_any_mix_pass_a_limit() {
    for seed in 0..12 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let limit = if seed % 3 == 0 { HIGH } else { STANDARD };
        let customers = [1_u32, 3, 40, 5_000][seed as usize % 4];
        let mut pacer = Pacer::default();
        pacer.limit("n", limit);
        let (mut of_number, mut of_pair) = (Vec::new(), BTreeMap::<u32, Vec<Duration>>::new());
        let mut now = Duration::from_secs(1_000);
        let end = now + Duration::from_secs(600);
        while now < end && of_number.len() < 100_000 {
            let customer = rng.random_range(0..customers);
            let name = customer.to_string();
            let ready = pacer.ready_at("n", &name, now);
            match pacer.take("n", &name, now) {
                Ok(()) => {
                    assert_eq!(ready, now);
                    of_number.push(now);
                    of_pair.entry(customer).or_default().push(now);
                }
                Err(until) => {
                    assert!(until > now && until == ready);
                    // Sometimes it waits as told, sometimes it tries somebody else, sometimes it oversleeps.
                    now = match rng.random_range(0..4) {
                        0 => until,
                        1 => now + Duration::from_micros(rng.random_range(1..2_000)),
                        2 => until + ms(rng.random_range(0..50)),
                        _ => now + ms(rng.random_range(0..20)),
                    };
                }
            }
        }
        let most = most_in(&of_number, Duration::from_secs(1));
        let allowed = if limit == HIGH { 1_000 } else { 80 };
        assert!(most <= allowed, "seed {seed}: {most} in a second");
        for times in of_pair.values() {
            pair_is_kept(times, seed);
        }
    }
}

/// Meta's rule, told anew: up to 45 within 6 seconds, and after them silence until each has had its 6 seconds.
fn pair_is_kept(times: &[Duration], seed: u64) {
    assert!(most_in(times, SIX_SECONDS) <= AT_ONCE, "seed {seed}");
    let mut burst: Vec<Duration> = Vec::new();
    for time in times {
        if let Some(first) = burst.first().copied()
            && *time >= first + SIX_SECONDS
        {
            let owed = first + SIX_SECONDS * u32::try_from(burst.len()).unwrap();
            assert!(*time >= owed, "seed {seed}: {time:?} before {owed:?}");
            burst.clear();
        }
        burst.push(*time);
    }
}

#[test]
fn the_pace_is_nearly_what_is_allowed() {
    for limit in [STANDARD, HIGH] {
        let mut pacer = Pacer::default();
        pacer.limit("n", limit);
        let (mut now, mut sent) = (Duration::from_secs(5), 0_u32);
        let end = now + Duration::from_secs(60);
        while now < end {
            match pacer.take("n", &sent.to_string(), now) {
                Ok(()) => sent += 1,
                // Timers wake a millisecond or two late.
                Err(until) => now = until + ms(2),
            }
        }
        assert!(sent >= limit * 60 * 9 / 10, "{sent} of {}", limit * 60);
    }
}

#[test]
fn a_burst_is_borrowed_from_the_future() {
    let mut pacer = Pacer::default();
    pacer.limit("n", HIGH);
    let start = Duration::from_secs(100);
    let send = |count: u32, pacer: &mut Pacer| {
        let mut now = start;
        for _ in 0..count {
            while let Err(until) = pacer.take("n", "c", now) {
                assert!(until < start + SIX_SECONDS);
                now = until;
            }
        }
    };
    send(20, &mut pacer);
    assert_eq!(
        pacer.ready_at("n", "c", start + ms(6_000)),
        start + Duration::from_secs(120)
    );
    let mut full = Pacer::default();
    full.limit("n", HIGH);
    send(45, &mut full);
    assert_eq!(
        full.ready_at("n", "c", start + ms(1_000)),
        start + Duration::from_secs(270)
    );
    assert_eq!(full.ready_at("n", "another", start + ms(1_000)), start + ms(1_000));
}

#[test]
fn a_number_that_was_refused_goes_half_as_fast_and_recovers() {
    let rate = |pacer: &mut Pacer, from: Duration| {
        let (mut now, mut sent) = (from, 0_u32);
        while now < from + Duration::from_secs(2) {
            match pacer.take("n", &format!("{from:?}/{sent}"), now) {
                Ok(()) => sent += 1,
                Err(until) => now = until,
            }
        }
        sent / 2
    };
    let mut pacer = Pacer::default();
    let at = Duration::from_secs(1_000);
    assert!(rate(&mut pacer, at) >= 70);
    let at = at + Duration::from_secs(10);
    pacer.number_refused("n", at);
    pacer.number_refused("n", at + ms(10));
    assert_eq!(pacer.ready_at("n", "x", at), at + Duration::from_secs(1));
    let slow = rate(&mut pacer, at + Duration::from_secs(1));
    assert!((30..=45).contains(&slow), "{slow}");
    assert!(rate(&mut pacer, at + Duration::from_secs(60)) >= 70);
}

#[test]
fn a_customer_whom_meta_protects_is_left_alone_for_longer_each_time() {
    let mut pacer = Pacer::default();
    let mut now = Duration::from_secs(50);
    for seconds in [4, 16, 64, 256, 1_024, 3_600, 3_600] {
        pacer.pair_refused("n", "c", now);
        assert_eq!(pacer.ready_at("n", "c", now), now + Duration::from_secs(seconds));
        assert_eq!(pacer.ready_at("n", "d", now), now);
        now += Duration::from_secs(seconds);
    }
    pacer.pair_accepted("n", "c");
    pacer.pair_refused("n", "c", now);
    assert_eq!(pacer.ready_at("n", "c", now), now + Duration::from_secs(4));
}

#[test]
fn what_comes_in_counts_but_never_stops_more_than_a_second() {
    let mut pacer = Pacer::default();
    let now = Duration::from_secs(7);
    for _ in 0..40 {
        pacer.inbound("n", now);
    }
    let ready = pacer.ready_at("n", "c", now);
    assert!(ready > now + ms(400) && ready < now + ms(600), "{ready:?}");
    for _ in 0..10_000 {
        pacer.inbound("n", now);
    }
    assert!(pacer.ready_at("n", "c", now) <= now + ms(1_100));
}

#[test]
fn a_number_that_is_being_upgraded_rests() {
    let mut pacer = Pacer::default();
    pacer.hold("n", Duration::from_secs(60));
    assert_eq!(
        pacer.ready_at("n", "c", Duration::from_secs(3)),
        Duration::from_secs(60)
    );
    assert_eq!(pacer.ready_at("m", "c", Duration::from_secs(3)), Duration::from_secs(3));
}

#[test]
fn memory_is_bounded_and_who_owes_is_never_forgotten() {
    let mut pacer = Pacer::new(Bounds {
        numbers: NonZeroUsize::new(2).unwrap(),
        pairs: NonZeroUsize::new(3).unwrap(),
    });
    pacer.limit("n", HIGH);
    let mut now = Duration::from_secs(10);
    let mut times = BTreeMap::<u64, Vec<Duration>>::new();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..5_000 {
        let customer = rng.random_range(0..10_u64);
        match pacer.take("n", &customer.to_string(), now) {
            Ok(()) => times.entry(customer).or_default().push(now),
            Err(until) => now += (until - now).min(ms(500)),
        }
        assert!(pacer.remembered() <= 3);
    }
    assert!(times.len() == 10 && times.values().map(Vec::len).sum::<usize>() > 20);
    times.values().for_each(|times| pair_is_kept(times, 0));
    // A late refusal does not push out who owes.
    let waits: Vec<Duration> = (0..10)
        .map(|customer: u64| pacer.ready_at("n", &customer.to_string(), now))
        .collect();
    pacer.pair_refused("n", "late", now);
    let after: Vec<Duration> = (0..10)
        .map(|customer: u64| pacer.ready_at("n", &customer.to_string(), now))
        .collect();
    let owed = waits.iter().filter(|until| **until > now).count();
    assert!(owed > 0 && after.iter().zip(&waits).all(|(after, before)| after >= before));
}
