//! What happens to who is who.

use parlance_schemas::decision::What as Decided;

use super::script::{By, Kind, What, Whom};
use super::steps::{Act, Side};
use super::telling::Teller;

impl Teller {
    pub(super) fn tangle(&mut self, act: &Act, delay: i64, at: i64, logged: &mut Vec<(i64, What)>) {
        match act {
            Act::Change { side, number, bsuid } => {
                let side = &self.meant(side);
                let before = self.whom(side);
                self.ids += 1;
                let id = self.id();
                let customer = self.customer(side);
                let mut after = Whom::default();
                if *number || !*bsuid {
                    customer.number = format!("{}9", customer.number);
                    after.number = Some(customer.number.clone());
                }
                if *bsuid {
                    customer.bsuid = format!("{}n", customer.bsuid);
                    after.bsuid = Some(customer.bsuid.clone());
                }
                let number = side.number;
                logged.push((
                    delay,
                    What::Changed {
                        number,
                        id,
                        before,
                        after,
                        at,
                    },
                ));
            }
            Act::Replace { side, with_number } => {
                let side = &self.meant(side);
                let customer = self.customer(side);
                let previous = customer.bsuid.clone();
                customer.bsuid = format!("{previous}r");
                let (current, wa_id) = (customer.bsuid.clone(), with_number.then(|| customer.number.clone()));
                let number = side.number;
                logged.push((
                    delay,
                    What::Replaced {
                        number,
                        previous,
                        current,
                        wa_id,
                        at,
                    },
                ));
            }
            Act::Pass { from, to, account } if from != to => {
                self.ids += 1;
                let fresh = format!("49{account}77{}", self.ids);
                let customers = &mut self.customers[usize::from(*account)];
                let number = std::mem::replace(&mut customers[usize::from(*from)].number, fresh);
                customers[usize::from(*to)].number = number;
            }
            Act::Card { side, of } => {
                let side = &self.meant(side);
                let whom = self.whom(side);
                let number = self.customer(&Side { customer: *of, ..*side }).number.clone();
                let message = self.message((side, whom), false, at, By::Customer, Kind::Card(number));
                logged.push((delay, What::Message(message)));
            }
            Act::Link { side, to, by, apart } => {
                let side = &self.meant(side);
                let one = self.whom(side).contact().to_owned();
                let other = Side {
                    customer: *to,
                    by: *by,
                    ..*side
                };
                let other = self.whom(&other).contact().to_owned();
                if one == other {
                    return;
                }
                let what = if *apart {
                    Decided::Unlink(other)
                } else {
                    Decided::Link(other)
                };
                let mut what = self.decision(side, self.now + i64::from(self.ids) % 1_000, what);
                if let What::Decision(decision) = &mut what {
                    decision.contact_id = one;
                    (decision.phone_number_id, decision.group_id) = Default::default();
                }
                logged.push((delay, what));
            }
            _ => {}
        }
    }
}
