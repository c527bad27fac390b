//! Keys of `fomo` as a process: where they come from, and that nothing secret is ever printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::process::{Command, Stdio};

use alloy::primitives::hex;
use alloy::signers::k256::elliptic_curve::rand_core::OsRng;
use alloy::signers::local::PrivateKeySigner;
use fomo::client::deployment::Deployment;
use fomo_chain::{Chain, Config};
use fomo_rpc::Server;
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";

/// Variables of the environment.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// A chain without a suite, the record of it, and a keystore.
struct World {
    server: Server,
    folder: TempDir,
    signer: PrivateKeySigner,
}

impl World {
    async fn new() -> Self {
        let config = Config::default();
        let record = Deployment { chain_id: config.chain_id, ..Deployment::default() };
        let server = Server::start(Chain::new(config), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let (folder, signer) = (tempfile::tempdir().unwrap(), PrivateKeySigner::random());
        record.save(&folder.path().join("record.json")).unwrap();
        let bytes = signer.to_bytes();
        PrivateKeySigner::encrypt_keystore(folder.path(), &mut OsRng, bytes, PASSWORD, Some("key.json")).unwrap();
        fs::write(folder.path().join("password"), format!("{PASSWORD}\nanother line\n")).unwrap();
        Self { server, folder, signer }
    }

    fn secret(&self) -> String {
        hex::encode(self.signer.to_bytes())
    }

    /// What `fomo accept` says, whose key it has: nobody is to accept anything here.
    fn says(&self, flags: &[&str], environment: Variables<'_>) -> String {
        let file = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let flags = flags.iter().map(|flag| flag.strip_prefix('@').map_or_else(|| (*flag).to_owned(), file));
        let mut command = Command::new(env!("CARGO_BIN_EXE_fomo"));
        command.args(["accept", "--network", &self.server.url(), "--deployment", &file("record.json")]).args(flags);
        for name in ["FOMO_PRIVATE_KEY", "FOMO_KEYSTORE", "FOMO_KEYSTORE_PASSWORD"] {
            command.env_remove(name);
        }
        let output = command.envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!said.contains(&self.secret()) && !said.contains(PASSWORD), "nothing secret is printed: {said}");
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_comes_from_a_keystore_or_the_environment_and_is_never_printed() {
    let world = World::new().await;
    let mine = format!("No role was proposed to {}.", world.signer.address());
    let secret = world.secret();
    let keystore = ["--keystore", "@key.json"];
    let with_file = ["--keystore", "@key.json", "--password-file", "@password"];
    let environment = [("FOMO_KEYSTORE_PASSWORD", PASSWORD)];
    let good: [(&[&str], Variables<'_>); 3] =
        [(&with_file, &[]), (&keystore, &environment), (&[], &[("FOMO_PRIVATE_KEY", &secret)])];
    for (flags, environment) in good {
        let said = world.says(flags, environment);
        assert!(said.contains(&mine), "{flags:?}: {said}");
    }
    let bad: [(&[&str], Variables<'_>, &str); 6] = [
        (&[], &[], "This needs a key"),
        (&keystore, &[("FOMO_KEYSTORE_PASSWORD", "wrong horse")], "cannot be opened with this password"),
        (&keystore, &[], "nobody to ask for the password"),
        (&["--password-file", "@password"], &[], "--keystore"),
        (&["--account", "0", "--keystore", "@key.json"], &[], "cannot be used with"),
        (&[], &[("FOMO_PRIVATE_KEY", &secret[1..])], "no private key of 64 hexadecimal digits"),
    ];
    for (flags, environment, why) in bad {
        let said = world.says(flags, environment);
        assert!(said.contains(why) && !said.contains("wrong horse") && !said.contains(&secret[1..]), "{said}");
    }
}
