//! Where the repository is, and what is where in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const MARKER: &str = "contracts/contracts.toml";

/// The repository's root folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Root {
    /// The repository around the working directory; failing that, the one that cargo runs this program from.
    ///
    /// # Errors
    /// When neither is in a clone of the repository.
    pub fn find() -> Result<Self> {
        let starts = [std::env::current_dir().ok(), std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)];
        starts
            .iter()
            .flatten()
            .flat_map(|start| start.ancestors())
            .find(|folder| folder.join(MARKER).is_file())
            .with_context(|| {
                format!("Run this inside a clone of the repository: no folder around this one has {MARKER}.")
            })
            .and_then(Self::at)
    }

    /// The repository in this folder.
    ///
    /// # Errors
    /// When the folder does not exist.
    pub fn at(folder: &Path) -> Result<Self> {
        let folder =
            folder.canonicalize().with_context(|| format!("The folder {} cannot be read.", folder.display()))?;
        Ok(Self(folder))
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path inside of it.
    #[must_use]
    pub fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    /// The list of contracts.
    #[must_use]
    pub fn manifest(&self) -> PathBuf {
        self.join(MARKER)
    }

    /// Where built contracts go.
    #[must_use]
    pub fn contracts(&self) -> PathBuf {
        self.join("target/contracts")
    }

    /// Where npm packages go.
    #[must_use]
    pub fn npm(&self) -> PathBuf {
        self.join("target/npm")
    }
}
