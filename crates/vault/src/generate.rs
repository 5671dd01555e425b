//! Keys that are strong and can be read aloud, copied by hand and typed on a television.

use std::ops::RangeInclusive;

use ring::rand::{SecureRandom as _, SystemRandom};
use sysbus::Secret;
use zeroize::Zeroizing;

use crate::Error;

/// Lower-case letters and digits without those that are taken for each other: no `0` or `o`, no `1`, `i` or `l`.
const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// Every fifth character is a hyphen: groups of four are read and typed without losing one's place.
const GROUP: usize = 5;

/// Lengths that a Wi-Fi passphrase may have, in characters.
pub const LENGTHS: RangeInclusive<usize> = 8..=63;

/// Length when none is asked for: five groups of four, 99 bits.
pub const DEFAULT_LENGTH: usize = 24;

/// A random key of that many characters, hyphens included: `tk7w-m3hp-9xqd-r2fv-c8nz`.
///
/// How strong: each character that is no hyphen is one of 31, all equally likely and independent, so it carries
/// log2(31) = 4.954 bits. With the default length these are 20 characters: 99.1 bits. WPA2 lets whoever recorded
/// one login try keys offline, each for the price of 4,096 rounds of PBKDF2, some 2^21 guesses a second and graphics
/// card; 80 bits (from 20 characters on) hold against any number of those, and the shortest key (7 characters and a
/// hyphen, 34 bits) only against neighbours.
pub fn readable_key(length: usize) -> Result<Secret, Error> {
    if !LENGTHS.contains(&length) {
        return Err(Error::Length(length));
    }
    let letters = letters(length - hyphens(length))?;
    let mut key = Zeroizing::new(String::with_capacity(length));
    for letter in letters.chars() {
        if key.len() % GROUP == GROUP - 1 && key.len() + 1 < length {
            key.push('-');
        }
        key.push(letter);
    }
    Ok(Secret::new(key.as_str()))
}

/// How many bits a key of that length carries, rounded down: 31 equally likely characters in each place that is no
/// hyphen.
pub fn entropy_bits(length: usize) -> u32 {
    // 4954 thousandths of a bit are a little less than log2(31) = 4.95419…
    let thousandths = (length - hyphens(length)).saturating_mul(4954);
    u32::try_from(thousandths / 1000).unwrap_or(u32::MAX)
}

/// Hyphens in a key of that length: one in each fifth place but the last, since none stands at the end.
fn hyphens(length: usize) -> usize {
    length.saturating_sub(1) / GROUP
}

/// Random letters of the alphabet.
pub(crate) fn letters(count: usize) -> Result<Zeroizing<String>, Error> {
    let random = SystemRandom::new();
    let mut text = Zeroizing::new(String::with_capacity(count));
    while text.len() < count {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut()).map_err(|_| Error::NoRandom)?;
        let missing = count - text.len();
        text.extend(bytes.iter().filter_map(|byte| letter(*byte)).take(missing));
    }
    Ok(text)
}

/// The letter for a random byte. 256 is no multiple of 31: the last 8 values would favour some letters, so they are
/// dropped and each letter stands for exactly 8 bytes.
fn letter(byte: u8) -> Option<char> {
    const FAIR: usize = 256 - 256 % ALPHABET.len();
    let byte = usize::from(byte);
    (byte < FAIR).then(|| ALPHABET.get(byte % ALPHABET.len()).map(|letter| char::from(*letter))).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn every_letter_is_equally_likely() {
        let mut count = BTreeMap::new();
        for letter in (0..=u8::MAX).filter_map(letter) {
            *count.entry(letter).or_insert(0) += 1;
        }
        assert_eq!(count.len(), ALPHABET.len());
        assert!(count.values().all(|times| *times == 8), "{count:?}");
    }

    #[test]
    fn no_letter_is_taken_for_another() {
        assert!(!ALPHABET.iter().any(|letter| b"0o1il".contains(letter) || letter.is_ascii_uppercase()));
        assert_eq!(ALPHABET.iter().collect::<BTreeSet<_>>().len(), ALPHABET.len());
    }

    #[test]
    fn keys_have_the_length_asked_for_in_groups_of_four() {
        for length in LENGTHS {
            let key = readable_key(length).unwrap();
            let key = key.expose();
            assert_eq!(key.len(), length);
            let groups: Vec<&str> = key.split('-').collect();
            assert!(groups.iter().all(|group| (1..=GROUP).contains(&group.len())), "{length}");
            assert!(groups.iter().rev().skip(1).all(|group| group.len() == 4), "{length}");
            let letters = groups.concat();
            assert!(letters.bytes().all(|letter| ALPHABET.contains(&letter)));
            let bits = 31f64.log2() * f64::from(u32::try_from(letters.len()).unwrap());
            assert!((bits - f64::from(entropy_bits(length))).abs() < 1.1, "{length}");
        }
        assert!(matches!(readable_key(7), Err(Error::Length(7))));
        assert!(matches!(readable_key(64), Err(Error::Length(64))));
    }

    #[test]
    fn the_usual_key_carries_at_least_80_bits() {
        assert!(entropy_bits(DEFAULT_LENGTH) >= 80);
        assert!(entropy_bits(20) >= 80 && entropy_bits(19) < 80);
        let keys: BTreeSet<String> =
            (0..1000).map(|_| readable_key(DEFAULT_LENGTH).unwrap().expose().to_owned()).collect();
        assert_eq!(keys.len(), 1000);
        // Every letter turns up: 20,000 draws miss one of them once in 10^280 times.
        let seen: BTreeSet<char> = keys.iter().flat_map(|key| key.chars()).collect();
        assert_eq!(seen.len(), ALPHABET.len() + 1);
    }
}
