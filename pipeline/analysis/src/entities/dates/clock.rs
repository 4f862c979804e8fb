//! Times of day: "5pm", 17:30, "18h30", "um 18 Uhr", "half past five", 午後3時半, 오후 3시.

use super::parts::{Clock, HalfDay, Parts};
use super::reader::Reader;
use crate::entities::lexicon::{Part, Sense};
use parlance_schemas::labels::Language;

impl Reader<'_> {
    fn half_day(&self, at: usize) -> Option<HalfDay> {
        self.find(at, |sense| match sense {
            Sense::Am => Some(HalfDay::Am),
            Sense::Pm => Some(HalfDay::Pm),
            _ => None,
        })
    }

    pub(super) fn part_at(&self, at: usize) -> Option<Part> {
        self.find(at, |sense| match sense {
            Sense::Part(part) => Some(*part),
            _ => None,
        })
    }

    /// An hour in digits or words.
    fn hour(&self, at: usize) -> Option<(i8, usize)> {
        let named = self.find(at, |sense| match sense {
            Sense::HourNumber(hour) => i8::try_from(*hour).ok(),
            _ => None,
        });
        if let Some(hour) = named {
            return Some((hour, at + 1));
        }
        let (hour, next) = self.cardinal(at)?;
        (0..=24).contains(&hour).then_some((i8::try_from(hour).ok()?, next))
    }

    fn minute(&self, at: usize) -> Option<(i8, usize)> {
        let (minute, next) = self.cardinal(at)?;
        (0..60).contains(&minute).then_some((i8::try_from(minute).ok()?, next))
    }

    /// A time of day that begins at this token, perhaps with the part of the day.
    pub(super) fn clock(&self, at: usize) -> Option<(Parts, usize)> {
        let mut start = at;
        while start < at + 2 && self.has(start, Sense::Approximately) && !self.has(start, Sense::At) {
            start += 1;
        }
        let introduced = self.has(start, Sense::At);
        let mut first = start + usize::from(introduced);
        while introduced && first < start + 3 && self.has(first, Sense::Glue) && self.digits(first).is_none() {
            first += 1;
        }
        // East Asian languages put the half of the day ahead.
        let ahead = self.half_day(first).filter(|_| self.digits(first).is_none());
        // German "morgen" ahead of a time is tomorrow.
        let tomorrow = self.has(first, Sense::Day(1));
        let part_ahead = self.part_at(first).filter(|_| !tomorrow);
        let has_ahead = ahead.is_some() || part_ahead.is_some();
        let east = matches!(self.language, Language::Zh | Language::Ja | Language::Ko | Language::De);
        if has_ahead && east {
            let link = usize::from(self.has(first + 1, Sense::Glue));
            let marked = self.time(
                first + 1 + link,
                introduced || link == 0 && self.language != Language::De,
            );
            if let Some((mut clock, next)) = marked {
                clock.half = clock
                    .half
                    .or(ahead.filter(|_| part_ahead.is_none() || self.language != Language::De));
                let part = part_ahead.filter(|_| clock.half.is_none());
                return Some((
                    Parts {
                        clock: Some(clock),
                        part,
                        ..Parts::default()
                    },
                    next,
                ));
            }
            return None;
        }
        let (clock, next) = self.time(first, introduced)?;
        Some((
            Parts {
                clock: Some(clock),
                ..Parts::default()
            },
            next,
        ))
    }

    /// The time itself. A bare hour counts only when something introduced it or says what half of the day it is in.
    fn time(&self, at: usize, introduced: bool) -> Option<(Clock, usize)> {
        if let Some(found) = self.time_in_words(at) {
            return Some(found);
        }
        let (hour, mut next) = self.hour(at)?;
        let (mut minute, mut second) = (0, 0);
        let in_digits = self.digits(at);
        let mut sure = false;
        let mut full_day = hour > 12 || hour == 0 || in_digits.is_some_and(|(_, count)| count == 2 && hour < 10);
        let two = |at: usize| self.digits(at).filter(|(value, count)| *count == 2 && *value < 60);
        if self.is_mark(next, ':') && two(next + 1).is_some() && in_digits.is_some_and(|(_, count)| count <= 2) {
            let (value, _) = two(next + 1)?;
            minute = i8::try_from(value).ok()?;
            next += 2;
            if self.is_mark(next, ':')
                && let Some((value, _)) = two(next + 1)
            {
                second = i8::try_from(value).ok()?;
                next += 2;
            }
            sure = true;
            if self.has(next, Sense::Hours) {
                next += 1;
            }
        } else if self.has(next, Sense::Hours) && !self.lasts(at) {
            full_day |= matches!(self.language, Language::De | Language::Fr);
            sure = true;
            next += 1;
            if let Some((value, behind)) = self
                .minute(next)
                .filter(|_| two(next).is_some() || self.has(next + 1, Sense::Minutes))
            {
                minute = value;
                next = behind + usize::from(self.has(behind, Sense::Minutes));
                if let Some((value, _)) = two(next).filter(|_| self.touches(next)) {
                    second = i8::try_from(value).ok()?;
                    next += 1;
                }
            } else if self.has(next, Sense::Half) {
                minute = 30;
                next += 1;
            } else if self.has(next, Sense::Fourth) {
                minute = 15;
                next += 1;
            }
        } else if self.is_mark(next, '.')
            && two(next + 1).is_some()
            && self.touches(next + 1)
            && (introduced || self.half_day(next + 2).is_some() || self.has(next + 2, Sense::Hours))
            && !self.is_mark(next + 2, '.')
        {
            let (value, _) = two(next + 1)?;
            minute = i8::try_from(value).ok()?;
            next += 2;
            sure = true;
            next += usize::from(self.has(next, Sense::Hours));
        }
        // "las 8 y media", "les 8 et quart", "le 8 meno un quarto".
        let past = self.has(next, Sense::Past) && !self.has(next, Sense::Hours);
        let before = self.has(next, Sense::ToHour);
        let mut hour = hour;
        if (introduced || sure) && minute == 0 && (past || before) {
            let half = self.has(next + 1, Sense::Half).then_some((30, next + 2));
            let fourth = self.has(next + 1, Sense::Fourth).then_some((15, next + 2));
            let spoken = self
                .minute(next + 1)
                .filter(|_| past && self.language != Language::Fr && !self.has(next + 2, Sense::Hours));
            let spoken = spoken.filter(|(value, behind)| {
                *value >= 10 && self.digits(next + 1).is_none() && !self.is_mark(*behind, ':')
            });
            if let Some((value, behind)) = half.or(fourth).or(spoken) {
                if past {
                    minute = value;
                } else {
                    minute = 60 - value;
                    hour -= 1;
                }
                next = behind;
                sure = true;
            }
        }
        let mut half = None;
        if let Some(found) = self
            .half_day(next)
            .filter(|_| hour <= 12 && self.month_at(next).is_none())
        {
            // A single letter counts only right behind the digits: "8a".
            let token = self.tokens[next];
            if token.end - token.start > 1
                || (self.touches(next) && in_digits.is_some())
                || self.language == Language::Ar
            {
                half = Some(found);
                sure = true;
                next += 1;
            }
        }
        if !(sure || introduced && self.bare_hour_may_stand(at, next)) {
            // "5 de la tarde": the part of the day says that it is an hour.
            let spoken = self
                .part_at(next)
                .is_some_and(|part| !matches!(part, Part::Noon | Part::Midnight));
            let named = self
                .find(at, |sense| matches!(sense, Sense::HourNumber(_)).then_some(()))
                .is_some();
            let wordy = matches!(
                self.language,
                Language::Es | Language::Pt | Language::It | Language::Ar | Language::En
            );
            if !(named || spoken && wordy && hour >= 1) {
                return None;
            }
        }
        if !(0..=24).contains(&hour) || (hour == 24 && minute > 0) {
            return None;
        }
        Some((
            Clock {
                hour,
                minute,
                second,
                half,
                full_day,
            },
            next,
        ))
    }

    /// Whether the number is a duration: "for 3 hours".
    fn lasts(&self, at: usize) -> bool {
        at > 0
            && self
                .senses(at - 1)
                .iter()
                .any(|sense| matches!(sense, Sense::Lasting | Sense::In | Sense::AgoAhead))
            && !self.has(at - 1, Sense::At)
    }

    /// "at 5", but not "at 5 euros", "at 5%", "um 5 Prozent".
    fn bare_hour_may_stand(&self, at: usize, next: usize) -> bool {
        let other = self.senses(next).iter().any(|sense| {
            matches!(
                sense,
                Sense::Currency(_) | Sense::Scale(_) | Sense::Unit(_) | Sense::Month(_) | Sense::OrdinalMark
            )
        });
        let marked = ['%', '/', '$', '€'].into_iter().any(|mark| self.is_mark(next, mark));
        let decimal = self.is_mark(next, '.') && self.touches(next + 1) && self.digits(next + 1).is_some();
        let date = self.named_date(at).is_some() || self.numeric_date(at).is_some();
        !other && !marked && !decimal && !date && self.digits(at).is_none_or(|(_, count)| count <= 2)
    }

    /// "half past five", "quarter to 8", "10 past 7", "halb acht", "Viertel nach 8".
    fn time_in_words(&self, at: usize) -> Option<(Clock, usize)> {
        let clock = |hour: i8, minute: i8| Clock {
            hour,
            minute,
            second: 0,
            half: None,
            full_day: false,
        };
        let (minutes, next) = if self.has(at, Sense::Half) {
            (30, at + 1)
        } else if self.has(at, Sense::Fourth) {
            (15, at + 1)
        } else {
            let (minutes, next) = self.minute(at)?;
            (minutes, next + usize::from(self.has(next, Sense::Minutes)))
        };
        if self.language == Language::De && minutes == 30 && self.has(at, Sense::Half) {
            let (hour, next) = self.hour(next).filter(|(hour, _)| (1..=12).contains(hour))?;
            return Some((
                clock((hour + 11) % 12, 30),
                next + usize::from(self.has(next, Sense::Hours)),
            ));
        }
        if !matches!(self.language, Language::En | Language::De | Language::Pt | Language::Es) || minutes == 0 {
            return None;
        }
        let word = self.has(at, Sense::Half) || self.has(at, Sense::Fourth);
        // "5 to 7" is a range: in digits only minutes of a quarter are taken for minutes.
        let minute_like =
            word || (minutes % 5 == 0 && minutes >= 10 && self.has(next, Sense::Past)) || self.language == Language::Pt;
        let romance = matches!(self.language, Language::Pt | Language::Es);
        if self.has(next, Sense::Past) && minute_like && !romance {
            let (hour, next) = self.hour(next + 1).filter(|(hour, _)| (1..=12).contains(hour))?;
            return Some(
                (self.with_half(clock(hour, minutes), next)).map_or((clock(hour, minutes), next), |found| found),
            );
        }
        let to = self.has(next, Sense::ToHour)
            && minute_like
            && (!romance || self.tokens[next].end - self.tokens[next].start > 6);
        if to {
            let (hour, next) = self.hour(next + 1).filter(|(hour, _)| (1..=12).contains(hour))?;
            let hour = if hour == 1 { 12 } else { hour - 1 };
            return Some(
                (self.with_half(clock(hour, 60 - minutes), next))
                    .map_or((clock(hour, 60 - minutes), next), |found| found),
            );
        }
        None
    }

    fn with_half(&self, mut clock: Clock, next: usize) -> Option<(Clock, usize)> {
        clock.half = Some(self.half_day(next)?);
        Some((clock, next + 1))
    }
}
