//! What people write: "12.5 FLOCK", "all", "90 days", an address, a model id.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use alloy::primitives::{Address, B256, U256, keccak256, utils::parse_units};
use anyhow::{Context, Result, bail, ensure};

/// Decimals of FLOCK and of every Model Token.
const DECIMALS: u8 = 18;

/// An amount of tokens as it was written, with the token's symbol where that was written too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// In 10⁻¹⁸; nothing for all that there is.
    pub value: Option<U256>,
    /// Symbol behind it.
    pub symbol: Option<String>,
}

impl Amount {
    /// The amount, of a token of this symbol.
    ///
    /// # Errors
    /// When another token was meant, or all of it and `all` is nothing that could be meant.
    pub fn of(&self, symbol: &str, all: Option<U256>) -> Result<U256> {
        if let Some(other) = &self.symbol {
            ensure!(other.eq_ignore_ascii_case(symbol), "This takes an amount of {symbol}, not of {other}.");
        }
        let value = self.value.or(all).context("Say how much: \"all\" means nothing here.")?;
        ensure!(!value.is_zero(), "That would be nothing.");
        Ok(value)
    }
}

impl FromStr for Amount {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let (number, symbol) = text.split_once(char::is_whitespace).map_or((text, None), |(a, b)| (a, Some(b.trim())));
        let symbol = symbol.map(str::to_owned);
        if number.eq_ignore_ascii_case("all") {
            return Ok(Self { value: None, symbol });
        }
        let value = units(number, DECIMALS).with_context(|| format!("\"{text}\" is no amount such as 12.5 FLOCK."))?;
        Ok(Self { value: Some(value), symbol })
    }
}

/// A number without a sign, in units of so many decimals: exactly, or not at all.
///
/// # Errors
/// When it is none, is finer or too large.
pub fn units(number: &str, decimals: u8) -> Result<U256> {
    let plain = number.replace(',', "");
    let digits = |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit());
    let (whole, part) = plain.split_once('.').map_or((plain.as_str(), None), |(whole, part)| (whole, Some(part)));
    ensure!(digits(whole) && part.is_none_or(digits) && grouped(number), "\"{number}\" is no number such as 12.5.");
    let places = part.map_or(0, str::len);
    ensure!(places <= usize::from(decimals), "\"{number}\" has more than {decimals} decimals.");
    Ok(parse_units(&plain, decimals).with_context(|| format!("\"{number}\" is too large."))?.get_absolute())
}

/// Whether commas, if there are any, stand between thousands: "1,5" is not to be read as 15.
fn grouped(number: &str) -> bool {
    let whole = number.split('.').next().unwrap_or_default();
    let part_has_none = !number.split_once('.').is_some_and(|(_, part)| part.contains(','));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<_> = groups.collect();
    part_has_none && (rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3)))
}

/// Dollars as they were written: "$5", "5.25", in micro-USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dollars(pub u64);

impl FromStr for Dollars {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = text.trim().trim_start_matches('$').trim_end_matches("USD").trim();
        let amount: Amount = number.parse().with_context(|| format!("\"{text}\" is no amount such as $5.25."))?;
        let wei = amount.of("USD", None)?;
        let (micro, rest) = wei.div_rem(U256::from(10_u64.pow(12)));
        ensure!(rest.is_zero(), "Spend is counted in millionths of a dollar.");
        Ok(Self(u64::try_from(micro).ok().context("That is more than anybody spends.")?))
    }
}

/// An address; one with letters of both sizes has to have the right ones (EIP-55).
///
/// # Errors
/// When it is none, or mistyped.
pub fn address(text: &str) -> Result<Address> {
    let mixed = |digits: &str| digits.chars().any(char::is_lowercase) && digits.chars().any(char::is_uppercase);
    if text.strip_prefix("0x").is_some_and(mixed) {
        return Address::parse_checksummed(text, None)
            .with_context(|| format!("{text} is mistyped: its capital letters are not those of its checksum."));
    }
    text.parse().with_context(|| format!("\"{text}\" is no address."))
}

/// A time span in seconds: "90 days", "12h".
///
/// # Errors
/// When it is none.
pub fn seconds(text: &str) -> Result<u64> {
    Ok(humantime::parse_duration(text)
        .with_context(|| format!("\"{text}\" is no time such as \"90 days\"."))?
        .as_secs())
}

/// A share in bps: "50 bps", "0.5%", "50".
///
/// # Errors
/// When it is none or over 10,000.
pub fn bps(text: &str) -> Result<u16> {
    let trimmed = text.trim();
    let value = if let Some(percent) = trimmed.strip_suffix('%') {
        hundredths(percent.trim())
    } else {
        trimmed.trim_end_matches("bps").trim().parse().ok()
    };
    let value = value.filter(|bps| *bps <= 10_000);
    value.with_context(|| format!("\"{text}\" is no share such as 0.5% or \"50 bps\"."))
}

/// A number without a sign as hundredths of one, if it is a whole number of them.
fn hundredths(number: &str) -> Option<u16> {
    let Amount { value: Some(value), symbol: None } = number.parse().ok()? else { return None };
    let (hundredths, rest) = value.div_rem(U256::from(10_u64.pow(u32::from(DECIMALS) - 2)));
    rest.is_zero().then(|| u16::try_from(hundredths).ok()).flatten()
}

/// A point of time in Unix seconds: "2027-01-31 12:00:00" (UTC), or seconds.
///
/// # Errors
/// When it is none.
pub fn time(text: &str) -> Result<u64> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let text = if text.len() == "2027-01-31".len() { format!("{text} 00:00:00") } else { text.to_owned() };
    let time = humantime::parse_rfc3339_weak(&text)
        .with_context(|| format!("\"{text}\" is no time such as \"2027-01-31 12:00:00\" (UTC)."))?;
    Ok(time.duration_since(UNIX_EPOCH)?.as_secs())
}

/// A name in a word: what model types and venues are called by.
///
/// # Errors
/// When it is longer than 32 bytes or not ASCII.
pub fn word(text: &str) -> Result<B256> {
    if !text.is_ascii() || text.len() > 32 || text.is_empty() {
        bail!("\"{text}\" is no name of 1 to 32 ASCII characters.");
    }
    Ok(B256::right_padding_from(text.as_bytes()))
}

/// A model id: 32 bytes in hexadecimal digits, or a text, of which it is the hash.
///
/// # Errors
/// When it begins like the first and is none.
pub fn model_id(text: &str) -> Result<B256> {
    if text.starts_with("0x") {
        return text.parse().with_context(|| format!("\"{text}\" does not have 32 bytes."));
    }
    Ok(keccak256(text))
}

/// A point of time, for people.
#[derive(Debug, Clone, Copy)]
pub struct At(pub u64);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(time) = UNIX_EPOCH.checked_add(Duration::from_secs(self.0)) else {
            return write!(f, "second {}", self.0);
        };
        // The library panics after the year 9999.
        if self.0 > 253_402_300_799 {
            return write!(f, "second {}", self.0);
        }
        let text = humantime::format_rfc3339_seconds(time).to_string();
        write!(f, "{} UTC", text.trim_end_matches('Z').replace('T', " "))
    }
}

/// A time span, for people.
#[must_use]
pub fn span(seconds: u64) -> String {
    // The library writes "2days 3h"; people put a space between.
    let text = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    let mut spaced = String::with_capacity(text.len().saturating_mul(2));
    let mut digit = false;
    for letter in text.chars() {
        if digit && letter.is_alphabetic() {
            spaced.push(' ');
        }
        digit = letter.is_ascii_digit();
        spaced.push(letter);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::{Amount, At, Dollars, U256, address, bps, seconds, span, time, units};

    fn wei(text: &str) -> Option<U256> {
        text.parse::<Amount>().ok()?.of("FLOCK", None).ok()
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let units = |digits: &str| digits.parse::<U256>().unwrap();
        assert_eq!(wei("12.5 FLOCK"), Some(units("12500000000000000000")));
        assert_eq!(wei("1,234 flock"), Some(units("1234000000000000000000")));
        assert_eq!(wei("0.000000000000000001"), Some(U256::ONE));
        for bad in [
            "",
            "12.5 CHAT",
            "1,5",
            "1.5,0",
            "12,34",
            "-1",
            "1e3",
            "0",
            "0x10",
            ".5",
            "5.",
            "1.0000000000000000001",
            "all",
        ] {
            assert_eq!(wei(bad), None, "{bad}");
        }
        let all: Amount = "all".parse().unwrap();
        assert_eq!(all.of("FLOCK", Some(U256::from(7))).unwrap(), U256::from(7));
        assert!(all.of("FLOCK", Some(U256::ZERO)).is_err());
    }

    #[test]
    fn units_are_as_fine_as_their_decimals_and_no_finer() {
        assert_eq!(units("1,000.5", 6).unwrap(), U256::from(1_000_500_000_u64));
        assert_eq!(units("7", 0).unwrap(), U256::from(7));
        let said = |text: &str| units(text, 6).unwrap_err().to_string();
        assert!(said("0.1234567").contains("more than 6 decimals"));
        assert!(
            said("-1").contains("no number") && said("+1").contains("no number") && said("1.").contains("no number")
        );
        assert!(said(&"9".repeat(78)).contains("too large"));
    }

    #[test]
    fn dollars_have_six_decimals() {
        assert_eq!("$5".parse::<Dollars>().unwrap(), Dollars(5_000_000));
        assert_eq!("0.000001".parse::<Dollars>().unwrap(), Dollars(1));
        assert!("0.0000001".parse::<Dollars>().is_err());
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        let right = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert_eq!(address(right).unwrap(), address(&right.to_lowercase()).unwrap());
        assert!(address(&right.replace('A', "a").replace("E7", "e7")).is_err());
        assert!(address("0x12").is_err());
    }

    #[test]
    fn times_and_shares_are_read_as_people_write_them() {
        assert_eq!(seconds("90 days").unwrap(), 7_776_000);
        assert_eq!(time("1970-01-02").unwrap(), 86_400);
        assert_eq!(At(86_400).to_string(), "1970-01-02 00:00:00 UTC");
        assert_eq!([span(0), span(86_400), span(90_061)], ["0 s", "1 day", "1 day 1 h 1 m 1 s"]);
        assert_eq!(At(u64::MAX).to_string(), format!("second {}", u64::MAX));
        assert_eq!([bps("0.5%").unwrap(), bps("50 bps").unwrap(), bps("50").unwrap()], [50; 3]);
        assert!(bps("101%").is_err() && bps("-1%").is_err() && bps("0.001%").is_err());
    }
}
