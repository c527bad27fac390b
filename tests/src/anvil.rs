//! Foundry's anvil: a chain that this project did not write, to compare with and to fork.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use fomo::npm;

/// Time that its start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running anvil, ended when dropped.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    /// Where it answers.
    pub url: String,
}

impl Anvil {
    /// Starts it on a free port with these settings.
    #[must_use]
    pub fn start(settings: &[[&str; 2]]) -> Self {
        let child = Command::new(npm::anvil().unwrap())
            .args(["--port", "0"])
            .args(settings.iter().flatten())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut anvil = Self { child, url: String::new() };
        let lines = BufReader::new(anvil.child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        // It reads to the end, so that anvil never waits for its reader.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("Listening on ") {
                    let _ = sender.send(address.to_owned());
                }
            }
        });
        let address = receiver.recv_timeout(PATIENCE).expect("anvil says where it listens");
        anvil.url = format!("http://{address}");
        anvil
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
