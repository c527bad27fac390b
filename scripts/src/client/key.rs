//! Keys: from a keystore file or an environment variable, never from a command line, never printed.

use std::env;
use std::fmt;
use std::fs;
use std::io::IsTerminal;
use std::path::PathBuf;

use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail, ensure};
use fomo_chain::development_key;

use super::Network;

/// Has a private key in hexadecimal digits.
const KEY: &str = "FOMO_PRIVATE_KEY";
/// Has the password of the keystore.
const PASSWORD: &str = "FOMO_KEYSTORE_PASSWORD";

/// What to do about a missing key.
pub(super) const HOW: &str = "This needs a key: name a keystore file with --keystore, or put the key into the environment variable \
    FOMO_PRIVATE_KEY; on a local chain --account 0 takes the first of its accounts.";

/// Whose key signs.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Options {
    /// Keystore file (JSON) of the key that signs; its password is asked for, or read from FOMO_KEYSTORE_PASSWORD
    #[arg(long, env = "FOMO_KEYSTORE", value_name = "FILE")]
    keystore: Option<PathBuf>,
    /// File whose first line is the keystore's password
    #[arg(long, value_name = "FILE", requires = "keystore")]
    password_file: Option<PathBuf>,
    /// Number of a local chain's account that signs, from 0; everybody knows these keys
    #[arg(long, value_name = "NUMBER", conflicts_with = "keystore")]
    account: Option<u32>,
}

/// A private key. It is not written by `Debug`.
#[derive(Clone)]
pub struct Key(PrivateKeySigner);

impl Key {
    /// Its account.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.0.address()
    }

    /// What signs with it.
    #[must_use]
    pub fn into_signer(self) -> PrivateKeySigner {
        self.0
    }
}

impl From<PrivateKeySigner> for Key {
    fn from(signer: PrivateKeySigner) -> Self {
        Self(signer)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key of {}", self.address())
    }
}

impl Options {
    /// Reads the key, if one is named.
    pub(super) fn read(&self, network: &Network) -> Result<Option<Key>> {
        if let Some(index) = self.account {
            ensure!(network.is_local(), "--account takes keys that everybody knows; {network} is no local chain.");
            let key = development_key(index).with_context(|| format!("There is no account {index}."))?;
            return Ok(Some(Key(key)));
        }
        if let Some(path) = &self.keystore {
            let password = self.password(path)?;
            let key = PrivateKeySigner::decrypt_keystore(path, password);
            // The library's reason may quote what it read.
            let Ok(key) = key else { bail!("{} cannot be opened with this password.", path.display()) };
            return Ok(Some(Key(key)));
        }
        let Ok(text) = env::var(KEY) else { return Ok(None) };
        // Its own reason could quote the key.
        let Ok(key) = text.trim().parse() else { bail!("{KEY} has no private key of 64 hexadecimal digits.") };
        Ok(Some(Key(key)))
    }

    fn password(&self, keystore: &std::path::Path) -> Result<String> {
        if let Some(path) = &self.password_file {
            let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read.", path.display()))?;
            return Ok(text.lines().next().unwrap_or_default().to_owned());
        }
        if let Ok(password) = env::var(PASSWORD) {
            return Ok(password);
        }
        ensure!(
            std::io::stdin().is_terminal(),
            "There is nobody to ask for the password of {}: set {PASSWORD} or give --password-file.",
            keystore.display()
        );
        let prompt = format!("Password of {}", keystore.display());
        Ok(dialoguer::Password::new().with_prompt(prompt).interact()?)
    }
}
