//! Chance that repeats: every number comes from the seed and a label, never from a running generator, so that
//! asking in another order gives the same household.

/// Source of everything that looks random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// A number that depends on nothing but the seed and the label.
    pub fn bits(self, label: &str) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ self.0;
        for byte in label.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        // FNV leaves the high bits of short labels alike; two rounds of mixing spread them.
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }

    /// A number below `bound` (0 when `bound` is 0).
    pub fn below(self, label: &str, bound: u64) -> u64 {
        self.bits(label).checked_rem(bound).unwrap_or(0)
    }

    /// A number between `low` and `high`, both included.
    pub fn between(self, label: &str, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(label, span)).unwrap_or(0)
    }

    /// `digits` decimal digits.
    pub fn digits(self, label: &str, digits: usize) -> String {
        self.text(label, digits, b"0123456789")
    }

    /// `length` characters of `alphabet`.
    pub fn text(self, label: &str, length: usize, alphabet: &[u8]) -> String {
        (0..length)
            .filter_map(|place| {
                let index = self.below(&format!("{label}/{place}"), alphabet.len() as u64);
                alphabet.get(usize::try_from(index).unwrap_or(0)).map(|byte| char::from(*byte))
            })
            .collect()
    }

    /// A MAC address of the given manufacturer (`"F8:87:C6"`), upper case.
    pub fn mac(self, label: &str, oui: &str) -> String {
        let tail = self.bits(label);
        format!("{oui}:{:02X}:{:02X}:{:02X}", tail >> 16 & 0xff, tail >> 8 & 0xff, tail & 0xff)
    }
}
