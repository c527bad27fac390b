//! EIP-2612 permits and the EIP-712 domain that they are signed in.

use alloy_primitives::{Address, B256, FixedBytes, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolCall, SolValue};
use fomo_chain::Config;

use crate::common::{IFomoERC20, IModelToken, NAME, Permit, World, amount, approval_event, config, sign};
use IFomoERC20::{
    DOMAIN_SEPARATORCall, ECDSAInvalidSignature, ECDSAInvalidSignatureS, ERC20InvalidSpender, ERC2612ExpiredSignature,
    ERC2612InvalidSigner, permitCall,
};

/// The order of secp256k1.
const ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

fn order() -> U256 {
    ORDER.parse().unwrap()
}

/// Who a refused permit recovers to depends on what was hashed: the error says it, the test only that it is nobody
/// who could have signed.
fn refused_for_its_signer(world: &mut World, call: permitCall) {
    let (carol, token) = (world.carol, world.token);
    let execution = world.refused_raw(carol, token, call.abi_encode(), U256::ZERO);
    assert_eq!(execution.output[..4], keccak256("ERC2612InvalidSigner(address,address)")[..4], "{execution:?}");
    let (signer, owner) = <(Address, Address)>::abi_decode(&execution.output[4..]).unwrap();
    assert_eq!(owner, call.owner);
    assert_ne!(signer, owner);
}

#[test]
fn a_permit_is_an_approval() {
    let mut world = World::new();
    let (token, alice, bob, carol) = (world.token, world.alice, world.bob, world.carol);
    let call = world.permit(alice, bob, amount(50));
    assert_eq!(world.must(carol, token, call), [approval_event(alice, bob, amount(50))]);
    assert_eq!((world.allowance(alice, bob), world.nonce(alice)), (amount(50), U256::ONE));
    world.must(bob, token, IFomoERC20::transferFromCall { from: alice, to: carol, value: amount(50) });
    assert_eq!(world.balance(carol), amount(50));
    // It replaces an allowance and may take one back.
    for value in [U256::MAX, amount(1), U256::ZERO] {
        let call = world.permit(alice, bob, value);
        world.must(alice, token, call);
        assert_eq!(world.allowance(alice, bob), value);
    }
    assert_eq!((world.nonce(alice), world.nonce(bob)), (amount(4), U256::ZERO));
}

#[test]
fn a_permit_is_valid_to_the_second_of_its_deadline() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let deadline = world.harness.chain.timestamp() + 1_000;
    let sign_until = |world: &World, deadline: u64| {
        let permit = Permit {
            owner: alice,
            spender: bob,
            value: amount(7),
            nonce: world.nonce(alice),
            deadline: U256::from(deadline),
        };
        sign(&permit, &world.domain(token), &world.key(alice))
    };
    let call = sign_until(&world, deadline);
    world.harness.chain.set_next_timestamp(deadline).unwrap();
    world.must(bob, token, call);
    let call = sign_until(&world, deadline);
    world.harness.chain.set_next_timestamp(deadline + 1).unwrap();
    world.refused(bob, token, call, ERC2612ExpiredSignature { deadline: U256::from(deadline) });
    let call = sign_until(&world, 0);
    world.refused(bob, token, call, ERC2612ExpiredSignature { deadline: U256::ZERO });
    // Late and forged: late is said first.
    let call = permitCall { v: 29, ..sign_until(&world, deadline) };
    world.refused(bob, token, call, ERC2612ExpiredSignature { deadline: U256::from(deadline) });
    assert_eq!(world.nonce(alice), U256::ONE);
}

#[test]
fn a_permit_works_once() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let call = world.permit(alice, bob, amount(50));
    world.must(bob, token, call.clone());
    world.must(bob, token, IFomoERC20::transferFromCall { from: alice, to: bob, value: amount(50) });
    refused_for_its_signer(&mut world, call);
    assert_eq!(world.allowance(alice, bob), U256::ZERO);
}

#[test]
fn permits_are_used_in_their_order() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let (domain, key) = (world.domain(token), world.key(alice));
    let permit = |nonce: u64| Permit {
        owner: alice,
        spender: bob,
        value: amount(nonce),
        nonce: amount(nonce),
        deadline: U256::MAX,
    };
    for wrong in [1, 2, u64::MAX] {
        refused_for_its_signer(&mut world, sign(&permit(wrong), &domain, &key));
    }
    for nonce in 0..3 {
        world.must(bob, token, sign(&permit(nonce), &domain, &key));
        assert_eq!(world.nonce(alice), amount(nonce + 1));
    }
    refused_for_its_signer(&mut world, sign(&permit(1), &domain, &key));
}

#[test]
fn only_the_owner_signs() {
    let mut world = World::new();
    let (token, alice, bob, carol) = (world.token, world.alice, world.bob, world.carol);
    let permit = Permit { owner: alice, spender: bob, value: amount(50), nonce: U256::ZERO, deadline: U256::MAX };
    let call = sign(&permit, &world.domain(token), &world.key(bob));
    world.refused(carol, token, call, ERC2612InvalidSigner { signer: bob, owner: alice });
    // Nobody's signature is one of the zero address.
    let permit = Permit { owner: Address::ZERO, ..permit };
    let call = sign(&permit, &world.domain(token), &world.key(bob));
    world.refused(carol, token, call.clone(), ERC2612InvalidSigner { signer: bob, owner: Address::ZERO });
    world.refused(carol, token, permitCall { v: 29, ..call }, ECDSAInvalidSignature {});
}

#[test]
fn every_field_is_signed() {
    let mut world = World::new();
    let (alice, bob, carol) = (world.alice, world.bob, world.carol);
    let call = world.permit(alice, bob, amount(50));
    let changed = [
        permitCall { owner: carol, ..call.clone() },
        permitCall { spender: carol, ..call.clone() },
        permitCall { value: amount(51), ..call.clone() },
        permitCall { deadline: U256::MAX - U256::ONE, ..call.clone() },
        permitCall { v: if call.v == 27 { 28 } else { 27 }, ..call },
    ];
    for call in changed {
        refused_for_its_signer(&mut world, call);
    }
}

#[test]
fn a_signature_has_no_twin() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let call = world.permit(alice, bob, amount(50));
    let s: B256 = (order() - U256::from_be_bytes(call.s.0)).into();
    let twin = permitCall { v: if call.v == 27 { 28 } else { 27 }, s, ..call.clone() };
    world.refused(bob, token, twin, ECDSAInvalidSignatureS { s });
    let half: U256 = order() >> 1;
    let s: B256 = (half + U256::ONE).into();
    world.refused(bob, token, permitCall { s, ..call.clone() }, ECDSAInvalidSignatureS { s });
    // The lower half is valid to its end: this one only recovers to somebody else.
    refused_for_its_signer(&mut world, permitCall { s: half.into(), ..call });
}

#[test]
fn a_signature_that_recovers_nobody_is_refused_with_a_reason() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let call = world.permit(alice, bob, amount(50));
    for v in [0, 1, 2, 26, 29, 30, 35, 36, 127, 255] {
        world.refused(bob, token, permitCall { v, ..call.clone() }, ECDSAInvalidSignature {});
    }
    // No r, one beyond the order, and one that is on no point of the curve.
    for r in [U256::ZERO, order(), U256::MAX, U256::from(5)] {
        world.refused(bob, token, permitCall { r: r.into(), ..call.clone() }, ECDSAInvalidSignature {});
    }
    world.refused(bob, token, permitCall { s: B256::ZERO, ..call.clone() }, ECDSAInvalidSignature {});
    // Beyond the order s is both too high and recovers nobody.
    for s in [order(), U256::MAX] {
        let data = permitCall { s: s.into(), ..call.clone() }.abi_encode();
        let execution = world.refused_raw(bob, token, data, U256::ZERO);
        let selectors = ["ECDSAInvalidSignature()", "ECDSAInvalidSignatureS(bytes32)"].map(keccak256);
        assert!(selectors.iter().any(|selector| execution.output.starts_with(&selector[..4])), "{execution:?}");
    }
    world.must(bob, token, call);
}

#[test]
fn a_permit_for_nobody_is_refused() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let call = world.permit(alice, Address::ZERO, amount(50));
    world.refused(bob, token, call, ERC20InvalidSpender { spender: Address::ZERO });
    assert_eq!(world.nonce(alice), U256::ZERO);
}

#[test]
fn a_permit_is_for_one_token() {
    let mut world = World::new();
    let (first, alice, bob) = (world.token, world.alice, world.bob);
    let same = world.another(NAME, "CHAT", "");
    let renamed = world.another("Renamed", "CHAT", "");
    let call = world.permit(alice, bob, amount(50));
    for token in [same, renamed] {
        world.token = token;
        refused_for_its_signer(&mut world, call.clone());
    }
    // A wallet that took another token's name.
    let permit = Permit { owner: alice, spender: bob, value: amount(50), nonce: U256::ZERO, deadline: U256::MAX };
    let domain = Eip712Domain { name: Some(NAME.into()), ..world.domain(renamed) };
    let renamed_call = sign(&permit, &domain, &world.key(alice));
    refused_for_its_signer(&mut world, renamed_call);
    world.must(bob, first, call);
}

#[test]
fn a_permit_is_for_one_chain() {
    let mut here = World::new();
    let mut there = World::with(Config { chain_id: 42_161, ..config() });
    assert_eq!(here.token, there.token, "the same token at the same address");
    let (alice, bob) = (here.alice, here.bob);
    let (for_here, for_there) = (here.permit(alice, bob, amount(5)), there.permit(alice, bob, amount(5)));
    refused_for_its_signer(&mut here, for_there.clone());
    refused_for_its_signer(&mut there, for_here.clone());
    here.must(bob, here.token, for_here);
    there.must(bob, there.token, for_there);
}

#[test]
fn a_permit_names_its_version() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let permit = Permit { owner: alice, spender: bob, value: amount(50), nonce: U256::ZERO, deadline: U256::MAX };
    for version in [None, Some(""), Some("2")] {
        let domain = Eip712Domain { version: version.map(Into::into), ..world.domain(token) };
        let call = sign(&permit, &domain, &world.key(alice));
        refused_for_its_signer(&mut world, call);
    }
}

#[test]
fn the_domain_is_the_tokens_own() {
    let mut world = World::new();
    let names = [NAME, "Other", "", "Ä 語 🦀", &"n".repeat(31)];
    let tokens: Vec<Address> = names.iter().map(|name| world.another(name, "SYM", "")).collect();
    let mut separators = Vec::new();
    for (token, name) in tokens.into_iter().zip(names) {
        let separator = world.view(token, DOMAIN_SEPARATORCall {});
        assert_eq!(separator, world.domain(token).separator());
        separators.push(separator);
        let chain_id = U256::from(world.harness.chain.config().chain_id);
        let output = world.harness.call(token, IModelToken::eip712DomainCall {}.abi_encode()).output;
        let domain = IModelToken::eip712DomainCall::abi_decode_returns_validate(&output).unwrap();
        assert_eq!(domain.fields, FixedBytes([0x0F]));
        assert_eq!((domain.name.as_str(), domain.version.as_str()), (name, "1"));
        assert_eq!((domain.chainId, domain.verifyingContract), (chain_id, token));
        assert_eq!((domain.salt, domain.extensions.is_empty()), (B256::ZERO, true));
        // Solidity's encoding to the byte, with no offset in front.
        assert_eq!(output[..], IModelToken::eip712DomainCall::abi_encode_returns(&domain));
        // And by hand.
        let kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
        let fields = (keccak256(kind), keccak256(name), keccak256("1"), chain_id, token);
        assert_eq!(separator, keccak256(fields.abi_encode()));
    }
    separators.push(world.view(world.implementation, DOMAIN_SEPARATORCall {}));
    separators.sort();
    separators.dedup();
    assert_eq!(separators.len(), names.len() + 1, "no two are the same");
}
