//! Money: integer rials. Toman is display only.

use serde::{Deserialize, Serialize};

/// Whole rials of the era before the redenomination (1 new rial = 10,000 of these).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rials(pub i64);
