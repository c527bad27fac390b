//! What contracts refuse with, as sentences: each error of the interfaces in `abi/` by its `@notice`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use alloy::dyn_abi::{DynSolValue, ErrorExt};
use alloy::json_abi::Error;
use alloy::primitives::{Selector, U256, hex};
use alloy::sol_types::{Panic, PanicKind, Revert, SolError};

use crate::{abi, ui};

/// Amounts from here on are also written with 18 decimals.
const LARGE: u64 = 1_000_000_000_000;

/// An error with what the interfaces that declare it say of it.
#[derive(Debug)]
struct Declared {
    error: Error,
    notices: Vec<(&'static str, String)>,
}

static DECLARED: LazyLock<BTreeMap<Selector, Declared>> = LazyLock::new(|| {
    let mut all: BTreeMap<Selector, Declared> = BTreeMap::new();
    for (interface, error, notice) in abi::SOURCES.iter().flat_map(|(name, source)| declared(name, source)) {
        let declared = all.entry(error.selector()).or_insert_with(|| Declared { error, notices: Vec::new() });
        declared.notices.push((interface, notice));
    }
    all
});

/// Errors of an interface with their notices.
fn declared(interface: &'static str, source: &'static str) -> Vec<(&'static str, Error, String)> {
    let (mut found, mut doc) = (Vec::new(), String::new());
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            let text = text.trim();
            if let Some(notice) = text.strip_prefix("@notice") {
                doc = notice.trim().to_owned();
            } else if !text.starts_with('@') {
                doc = format!("{doc} {text}");
            }
            continue;
        }
        let declaration = line.strip_suffix(';').filter(|line| line.starts_with("error "));
        if let Some(error) = declaration.and_then(|line| Error::parse(line).ok()) {
            found.push((interface, error, std::mem::take(&mut doc)));
        }
        doc.clear();
    }
    found
}

/// A sentence for revert data: the error's name and what it means. Where contracts mean different things by one name, it says them all;
/// see [`sentence_of`].
#[must_use]
pub fn sentence(data: &[u8]) -> String {
    say(data, None)
}

/// A sentence for revert data of a contract whose interface is known, as in "ILaunchpad".
#[must_use]
pub fn sentence_of(interface: &str, data: &[u8]) -> String {
    say(data, Some(interface))
}

fn say(data: &[u8], interface: Option<&str>) -> String {
    let Some(selector) = data.first_chunk::<4>() else {
        let hex = hex::encode_prefixed(data);
        return if data.is_empty() { "It failed without a reason.".into() } else { format!("It failed with {hex}.") };
    };
    match *selector {
        Revert::SELECTOR => match Revert::abi_decode_validate(data) {
            Ok(revert) => format!("It failed: {}", ended(&revert.reason)),
            Err(_) => "It failed with a reason that is no text.".into(),
        },
        Panic::SELECTOR => {
            Panic::abi_decode_validate(data).map_or_else(|_| panicked(None), |panic| panicked(panic.kind()))
        }
        selector => match DECLARED.get(&Selector::from(selector)) {
            Some(declared) => declared.say(data, interface),
            None => format!("It failed with an error that is none of the suite's: {}.", shortened(data)),
        },
    }
}

fn panicked(kind: Option<PanicKind>) -> String {
    let why = kind.map_or("a code of its own", |kind| kind.as_str());
    format!("It panicked: {}", ended(why))
}

fn ended(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The first bytes of what nobody can read.
fn shortened(data: &[u8]) -> String {
    match data.get(..68) {
        Some(start) if data.len() > 68 => format!("{}... ({} bytes)", hex::encode_prefixed(start), data.len()),
        _ => hex::encode_prefixed(data),
    }
}

impl Declared {
    fn say(&self, data: &[u8], interface: Option<&str>) -> String {
        let of = |(by, _): &&(&str, String)| interface == Some(*by);
        let mut notices: Vec<&str> = Vec::new();
        for (_, notice) in self.notices.iter().find(of).map_or(self.notices.as_slice(), std::slice::from_ref) {
            if !notices.contains(&notice.as_str()) {
                notices.push(notice);
            }
        }
        let mut text = notices.join(" Or: ");
        if let Ok(decoded) = self.error.decode_error(data) {
            for (parameter, value) in self.error.inputs.iter().zip(&decoded.body) {
                text = text.replace(&format!("`{}`", parameter.name), &written(value));
            }
        }
        format!("{}: {text}", self.error.name)
    }
}

fn written(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::Uint(number, 256) if *number >= U256::from(LARGE) && *number < U256::MAX => {
            format!("{number} ({} with 18 decimals)", ui::amount(*number))
        }
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::FixedBytes(word, len) => hex::encode_prefixed(word.get(..*len).unwrap_or_default()),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{Address, U256};
    use alloy::sol_types::{Panic, PanicKind, Revert, SolError, SolInterface};

    use super::{DECLARED, sentence, sentence_of};
    use crate::abi::{
        IAccess, IEconomicsErrors, IFomoERC20, ILaunchpad, ILens, ILiquidityAdapter, IModelToken, IRevenueSplitter,
        IRewardDistributor, IStakeRegistry, IUsd, IVesting, SOURCES,
    };

    #[test]
    fn every_error_of_every_interface_has_a_sentence() {
        let interfaces: [(&str, Vec<[u8; 4]>); 12] = [
            ("IAccess", IAccess::IAccessErrors::selectors().collect()),
            ("IEconomicsErrors", IEconomicsErrors::IEconomicsErrorsErrors::selectors().collect()),
            ("IFomoERC20", IFomoERC20::IFomoERC20Errors::selectors().collect()),
            ("ILaunchpad", ILaunchpad::ILaunchpadErrors::selectors().collect()),
            ("ILens", ILens::ILensErrors::selectors().collect()),
            ("ILiquidityAdapter", ILiquidityAdapter::ILiquidityAdapterErrors::selectors().collect()),
            ("IModelToken", IModelToken::IModelTokenErrors::selectors().collect()),
            ("IRevenueSplitter", IRevenueSplitter::IRevenueSplitterErrors::selectors().collect()),
            ("IRewardDistributor", IRewardDistributor::IRewardDistributorErrors::selectors().collect()),
            ("IStakeRegistry", IStakeRegistry::IStakeRegistryErrors::selectors().collect()),
            ("IUsd", IUsd::IUsdErrors::selectors().collect()),
            ("IVesting", IVesting::IVestingErrors::selectors().collect()),
        ];
        for (name, selectors) in interfaces {
            assert!(!selectors.is_empty(), "{name}");
            for selector in selectors {
                let said = sentence_of(name, &selector);
                let (error, text) = said.split_once(": ").unwrap();
                assert_ne!(error, "It failed", "{name}: {said}");
                assert!(text.len() > 10 && text.ends_with('.') && !text.contains(" Or: "), "{name}: {said}");
            }
        }
    }

    #[test]
    fn no_declaration_is_missed() {
        for (name, source) in SOURCES {
            let written = source.lines().filter(|line| line.trim().starts_with("error ")).count();
            assert_eq!(super::declared(name, source).len(), written, "{name}");
        }
        assert!(DECLARED.values().all(|declared| declared.notices.iter().all(|(_, notice)| !notice.is_empty())));
    }

    #[test]
    fn refusals_are_sentences() {
        assert_eq!(
            sentence_of("ILaunchpad", &ILaunchpad::NotGraduated::SELECTOR),
            "NotGraduated: The launch has not graduated."
        );
        let spender = Address::repeat_byte(0xAB);
        let (allowance, needed) = (U256::from(5), U256::from(15).pow(U256::from(17)));
        let data = IFomoERC20::ERC20InsufficientAllowance { spender, allowance, needed }.abi_encode();
        let said = sentence(&data);
        assert!(said.starts_with(&format!("ERC20InsufficientAllowance: {spender} may spend 5 and needs ")), "{said}");
        assert!(sentence(&data[..9]).contains("`spender` may spend"), "cut data still says which");
    }

    #[test]
    fn one_name_of_two_contracts_means_what_the_contract_says() {
        let data = IStakeRegistry::ZeroAmount::SELECTOR;
        assert_eq!(sentence_of("IStakeRegistry", &data), "ZeroAmount: Nothing to stake, to unstake or to lock.");
        let both = sentence(&data);
        assert!(both.contains("A settlement of nothing.") && both.contains(" Or: Nothing to stake"), "{both}");
    }

    #[test]
    fn what_is_of_others_is_said_too() {
        assert_eq!(sentence(&Revert::from("UniswapV2: K").abi_encode()), "It failed: UniswapV2: K.");
        assert!(sentence(&Panic::from(PanicKind::UnderOverflow).abi_encode()).starts_with("It panicked: "));
        assert_eq!(sentence(&[]), "It failed without a reason.");
        assert_eq!(sentence(&[1, 2]), "It failed with 0x0102.");
        assert!(sentence(&[1, 2, 3, 4]).contains("0x01020304"));
        assert!(sentence(&[7; 100]).ends_with("... (100 bytes)."));
        assert!(sentence(&Revert::SELECTOR).contains("no text"));
    }
}
