//! State files that somebody changed, with checksums that fit: refused, or a chain that goes on.
#![no_main]

use std::sync::LazyLock;

use alloy::primitives::{U256, keccak256};
use arbitrary::{Result, Unstructured};
use fomo_chain::Chain;
use fomo_fuzz::{CONTRACT, GAS, chain, send};
use libfuzzer_sys::fuzz_target;

/// What a file starts with, and the bytes of a frame before its content: length, checksum, kind.
const MAGIC: &[u8] = b"fomo chain 1\n";
const HEAD: usize = 9;

static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
    let mut chain = chain(51);
    // Emits what it is sent and counts.
    chain.set_code(CONTRACT, alloy::primitives::hex!("36600060003736600060006000a1600054600101600055").into());
    for round in 0..3_u8 {
        send(&mut chain, CONTRACT, vec![round; 8].into(), U256::ZERO, GAS).expect("it can be sent");
    }
    chain.set_auto_mine(false);
    let request =
        alloy::rpc::types::TransactionRequest { to: Some(CONTRACT.into()), gas: Some(100_000), ..Default::default() };
    chain.submit_request(request).expect("it can wait");
    chain
});

/// Kind and content of every frame of a dump.
static FRAMES: LazyLock<Vec<(u8, Vec<u8>)>> = LazyLock::new(|| {
    let dump = CHAIN.dump();
    let (mut rest, mut frames) = (dump.strip_prefix(MAGIC).expect("a dump"), Vec::new());
    while let Some((head, after)) = rest.split_first_chunk::<HEAD>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let (content, next) = after.split_at(length);
        frames.push((head[8], content.to_vec()));
        rest = next;
    }
    frames
});

fn frame(kind: u8, content: &[u8]) -> Vec<u8> {
    let sum = keccak256(content);
    let length = u32::try_from(content.len()).expect("small").to_be_bytes();
    [&length[..], &[sum[0] ^ kind, sum[1], sum[2], sum[3], kind], content].concat()
}

fn changed(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut frames = FRAMES.clone();
    for _ in 0..u.int_in_range(1..=6)? {
        let at = u.choose_index(frames.len())?;
        match u.int_in_range(0..=7)? {
            0 => {
                frames.remove(at);
            }
            1 => {
                let copy = frames[at].clone();
                let to = u.choose_index(frames.len())?;
                frames.insert(to, copy);
            }
            2 => frames[at].0 = u.int_in_range(0..=9)?,
            3 => frames[at].1 = u.arbitrary::<[u8; 40]>()?.to_vec(),
            4 => {
                let keep = u.int_in_range(0..=frames[at].1.len())?;
                frames[at].1.truncate(keep);
            }
            _ => {
                if !frames[at].1.is_empty() {
                    let byte = u.choose_index(frames[at].1.len())?;
                    frames[at].1[byte] = u.arbitrary()?;
                }
            }
        }
        if frames.is_empty() {
            break;
        }
    }
    let frames = frames.iter().flat_map(|(kind, content)| frame(*kind, content));
    Ok(MAGIC.iter().copied().chain(frames).collect())
}

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(bytes) = changed(&mut u) else { return };
    let mut chain = CHAIN.clone();
    if chain.load(&bytes).is_err() {
        assert_eq!(chain.head(), CHAIN.head());
        return;
    }
    // It may be one that does not mine at once, or not the nonce that it says.
    let request =
        alloy::rpc::types::TransactionRequest { to: Some(CONTRACT.into()), gas: Some(100_000), ..Default::default() };
    let _ = chain.submit_request(request);
    chain.mine(1, None);
    for number in chain.first()..=chain.head() {
        assert!(chain.block(number).is_some());
    }
    let dump = chain.dump();
    chain.load(&dump).expect("its own dump");
});
