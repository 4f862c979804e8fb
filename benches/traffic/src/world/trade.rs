//! What businesses do.

use serde::Deserialize;

/// A trade; every book names what it sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trade {
    /// Tables and food.
    Restaurant,
    /// Doctors and dentists.
    Clinic,
    /// Accounts, cards, loans.
    Bank,
    /// Rooms.
    Hotel,
    /// Clothes and shoes.
    Fashion,
    /// Devices.
    Electronics,
    /// Food to cook.
    Grocery,
    /// Cars mended.
    Garage,
    /// Courses.
    School,
    /// Journeys.
    Travel,
    /// Hair, nails, spa.
    Beauty,
    /// Lines and plans.
    Telecom,
}

impl Trade {
    /// Every trade.
    pub const ALL: [Self; 12] = [
        Self::Restaurant,
        Self::Clinic,
        Self::Bank,
        Self::Hotel,
        Self::Fashion,
        Self::Electronics,
        Self::Grocery,
        Self::Garage,
        Self::School,
        Self::Travel,
        Self::Beauty,
        Self::Telecom,
    ];

    /// The word for its catalogue's article numbers.
    pub const fn article(self) -> &'static str {
        match self {
            Self::Restaurant => "MENU",
            Self::Clinic => "CARE",
            Self::Bank => "ACCT",
            Self::Hotel => "ROOM",
            Self::Fashion => "WEAR",
            Self::Electronics => "ELEC",
            Self::Grocery => "FOOD",
            Self::Garage => "PART",
            Self::School => "CLASS",
            Self::Travel => "TRIP",
            Self::Beauty => "SPA",
            Self::Telecom => "PLAN",
        }
    }
}
