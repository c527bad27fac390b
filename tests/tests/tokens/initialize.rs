//! A clone becomes a token, once.

use alloy_primitives::{Address, B256, Bytes, LogData, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};

use crate::common::{
    CONSTRUCTOR, IFomoERC20, IModelToken, NAME, SUPPLY, SYMBOL, URI, World, launch_id, model_id, transfer_event,
};

#[test]
fn every_view_tells_what_the_token_was_initialised_with() {
    let world = World::new();
    let token = world.token;
    assert_eq!(world.view(token, IFomoERC20::nameCall {}), NAME);
    assert_eq!(world.view(token, IFomoERC20::symbolCall {}), SYMBOL);
    assert_eq!(world.view(token, IFomoERC20::decimalsCall {}), 18);
    assert_eq!(world.view(token, IFomoERC20::totalSupplyCall {}), SUPPLY);
    assert_eq!(world.view(token, IModelToken::factoryCall {}), world.factory);
    assert_eq!(world.view(token, IModelToken::issuerCall {}), world.bob);
    assert_eq!(world.view(token, IModelToken::launchIdCall {}), launch_id());
    assert_eq!(world.view(token, IModelToken::modelIdCall {}), model_id());
    assert_eq!(world.view(token, IModelToken::metadataURICall {}), URI);
    assert_eq!(world.balance(world.alice), SUPPLY);
    assert_eq!(world.balance(world.bob), U256::ZERO);
    assert_eq!(world.allowance(world.alice, world.bob), U256::ZERO);
    assert_eq!(world.nonce(world.alice), U256::ZERO);
    assert_eq!(SUPPLY.to_string(), "1000000000000000000000000");
}

#[test]
fn an_address_that_is_no_token_yet_is_empty() {
    let mut world = World::new();
    let clone = world.clone_token();
    assert_eq!(world.view(clone, IFomoERC20::nameCall {}), "");
    assert_eq!(world.view(clone, IFomoERC20::symbolCall {}), "");
    assert_eq!(world.view(clone, IModelToken::metadataURICall {}), "");
    assert_eq!(world.view(clone, IFomoERC20::totalSupplyCall {}), U256::ZERO);
    assert_eq!(world.view(clone, IModelToken::factoryCall {}), Address::ZERO);
    assert_eq!(world.view(clone, IModelToken::issuerCall {}), Address::ZERO);
    assert_eq!(world.view(clone, IModelToken::launchIdCall {}), B256::ZERO);
    assert_eq!(world.view(clone, IModelToken::modelIdCall {}), B256::ZERO);
}

#[test]
fn initialising_mints_the_supply_and_says_so() {
    let mut world = World::new();
    let clone = world.clone_token();
    let call = world.initialize("Modell Ä", "MÄ", "https://example.org/ä.json");
    let logs = world.must(world.carol, clone, call);
    let [mint, initialised] = logs.as_slice() else { panic!("two events: {logs:?}") };
    assert_eq!(*mint, transfer_event(Address::ZERO, world.alice, SUPPLY));
    let expected = IModelToken::ModelTokenInitialized {
        factory: world.carol,
        issuer: world.bob,
        launchId: launch_id(),
        modelId: model_id(),
        holder: world.alice,
        name: "Modell Ä".into(),
        symbol: "MÄ".into(),
        metadataUri: "https://example.org/ä.json".into(),
    };
    assert_eq!(*initialised, expected.encode_log_data());
    let signature = "ModelTokenInitialized(address,address,bytes32,bytes32,address,string,string,string)";
    let topics = [keccak256(signature), world.carol.into_word(), world.bob.into_word(), launch_id()];
    assert_eq!(initialised.topics(), topics);
}

#[test]
fn a_token_is_initialised_once() {
    let mut world = World::new();
    let again = world.initialize("Again", "TWICE", "");
    for sender in [world.factory, world.alice, world.bob, world.carol] {
        world.refused(sender, world.token, again.clone(), IModelToken::AlreadyInitialized {});
    }
}

#[test]
fn the_implementation_is_never_a_token() {
    let mut world = World::new();
    let implementation = world.implementation;
    let call = world.initialize(NAME, SYMBOL, URI);
    for sender in [world.factory, world.carol] {
        world.refused(sender, implementation, call.clone(), IModelToken::AlreadyInitialized {});
        // The SDK's own guard, which gives no reason.
        assert!(world.refused_raw(sender, implementation, CONSTRUCTOR, U256::ZERO).output.is_empty());
    }
    assert_eq!(world.view(implementation, IModelToken::factoryCall {}), implementation);
    assert_eq!(world.view(implementation, IFomoERC20::totalSupplyCall {}), U256::ZERO);
}

#[test]
fn the_constructor_does_nothing_to_a_token() {
    let mut world = World::new();
    for sender in [world.factory, world.alice, world.carol] {
        let execution = world.refused_raw(sender, world.token, CONSTRUCTOR, U256::ZERO);
        assert_eq!(execution.output[..], keccak256("AlreadyInitialized()")[..4]);
    }
}

/// Nobody gets to: the launchpad clones and initialises in one transaction.
#[test]
fn the_constructor_of_a_clone_that_is_no_token_locks_it_and_gives_nobody_anything() {
    let mut world = World::new();
    let clone = world.clone_token();
    let execution = world.run(world.carol, clone, CONSTRUCTOR);
    assert!(execution.success() && execution.logs.is_empty());
    assert_eq!(world.view(clone, IFomoERC20::totalSupplyCall {}), U256::ZERO);
    assert_eq!(world.view(clone, IModelToken::issuerCall {}), Address::ZERO);
    assert_eq!(world.view(clone, IModelToken::factoryCall {}), clone);
    let call = world.initialize(NAME, SYMBOL, URI);
    world.refused(world.factory, clone, call, IModelToken::AlreadyInitialized {});
    world.refused_raw(world.factory, clone, CONSTRUCTOR, U256::ZERO);
}

#[test]
fn issuer_and_holder_are_not_zero() {
    let mut world = World::new();
    let clone = world.clone_token();
    let good = world.initialize(NAME, SYMBOL, URI);
    let zero = Address::ZERO;
    let no_issuer = IModelToken::initializeCall { issuer: zero, ..good.clone() };
    world.refused(world.factory, clone, no_issuer, IModelToken::InvalidIssuer { issuer: zero });
    let no_holder = IModelToken::initializeCall { holder: zero, ..good.clone() };
    world.refused(world.factory, clone, no_holder, IFomoERC20::ERC20InvalidReceiver { receiver: zero });
    // A refused attempt does not use up the clone.
    world.must(world.factory, clone, good);
    assert_eq!(world.view(clone, IFomoERC20::totalSupplyCall {}), SUPPLY);
}

#[test]
fn zero_ids_are_ids() {
    let mut world = World::new();
    let clone = world.clone_token();
    let zero = B256::ZERO;
    let call = IModelToken::initializeCall { launchId: zero, modelId: zero, ..world.initialize(NAME, SYMBOL, URI) };
    world.must(world.factory, clone, call.clone());
    world.refused(world.factory, clone, call, IModelToken::AlreadyInitialized {});
}

#[test]
fn names_and_symbols_have_up_to_31_bytes() {
    let mut world = World::new();
    // 31 bytes in every kind of character: one, two, three and four bytes long.
    let texts = ["", "x", &"n".repeat(31), &("ä".repeat(15) + "n"), &("語".repeat(10) + "n"), &("🦀".repeat(7) + "語")];
    for text in texts {
        assert!(text.len() <= 31);
        for (name, symbol) in [(text, SYMBOL), (NAME, text), (text, text)] {
            let token = world.another(name, symbol, URI);
            assert_eq!(world.view(token, IFomoERC20::nameCall {}), name);
            assert_eq!(world.view(token, IFomoERC20::symbolCall {}), symbol);
        }
    }
    let clone = world.clone_token();
    let long = ["n".repeat(32), "n".repeat(33), "ä".repeat(16), "n".repeat(255), "n".repeat(256), "n".repeat(257)];
    for text in long.iter().chain([&"n".repeat(256 + 31), &"n".repeat(1_000)]) {
        for (name, symbol) in [(text.as_str(), SYMBOL), (NAME, text.as_str()), (text.as_str(), text.as_str())] {
            let call = world.initialize(name, symbol, URI);
            world.refused(world.factory, clone, call, IModelToken::TextTooLong {});
        }
    }
}

#[test]
fn metadata_has_any_length() {
    let mut world = World::new();
    let text: String =
        "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/".chars().cycle().take(1_000).collect();
    for len in [0, 1, 31, 32, 33, 63, 64, 65, 200, 1_000] {
        let token = world.another(NAME, SYMBOL, &text[..len]);
        assert_eq!(world.view(token, IModelToken::metadataURICall {}), text[..len], "{len} bytes");
    }
    for text in ["ä".repeat(16), "語".repeat(11), "🦀".repeat(9), "\0".repeat(40), format!("a\0{}", "ß".repeat(100))]
    {
        let token = world.another(NAME, SYMBOL, &text);
        assert_eq!(world.view(token, IModelToken::metadataURICall {}), text);
    }
}

/// The token does not read texts: what is no UTF-8 comes back byte for byte.
#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut world = World::new();
    let clone = world.clone_token();
    let mut data = world.initialize("@@@@", SYMBOL, URI).abi_encode();
    let at = data.windows(4).position(|window| window == b"@@@@").unwrap();
    let name = [0xC0, 0x80, 0xFF, 0xFE];
    data[at..at + 4].copy_from_slice(&name);
    assert!(world.run(world.factory, clone, data).success());
    let output = world.harness.call(clone, IFomoERC20::nameCall {}.abi_encode()).output;
    assert_eq!((&output[32..64], &output[64..]), (&B256::with_last_byte(4)[..], &B256::right_padding_from(&name)[..]));
    let chain_id = U256::from(world.harness.chain.config().chain_id);
    let kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    let fields = (keccak256(kind), keccak256(name), keccak256("1"), chain_id, clone);
    assert_eq!(world.view(clone, IFomoERC20::DOMAIN_SEPARATORCall {}), keccak256(fields.abi_encode()));
}

#[test]
fn tokens_share_nothing() {
    let mut world = World::new();
    let other = world.another("Other", "OTHER", "");
    let before = world.storage(other);
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    world.must(alice, token, IFomoERC20::transferCall { to: bob, value: U256::from(7) });
    world.must(alice, token, IFomoERC20::approveCall { spender: bob, value: U256::from(9) });
    world.must(alice, token, IModelToken::burnCall { value: U256::from(11) });
    let permit = world.permit(alice, bob, U256::from(5));
    world.must(bob, token, permit);
    assert_eq!(world.storage(other), before);
    assert_eq!(world.view(other, IFomoERC20::totalSupplyCall {}), SUPPLY);
    assert_eq!(world.view(other, IFomoERC20::balanceOfCall { account: bob }), U256::ZERO);
    assert_eq!(world.view(other, IFomoERC20::noncesCall { owner: alice }), U256::ZERO);
    assert_eq!(world.view(world.implementation, IFomoERC20::totalSupplyCall {}), U256::ZERO);
    assert_eq!(world.view(token, IFomoERC20::nameCall {}), NAME);
}

#[test]
fn initialising_takes_no_coins() {
    let mut world = World::new();
    let clone = world.clone_token();
    let data = world.initialize(NAME, SYMBOL, URI).abi_encode();
    world.refused_raw(world.factory, clone, data, U256::ONE);
    world.refused_raw(world.factory, clone, Bytes::new(), U256::ONE);
    assert_eq!(world.harness.chain.head_state().balance(clone), U256::ZERO);
}

#[test]
fn the_texts_of_the_event_are_those_of_the_call_to_the_byte() {
    let mut world = World::new();
    for len in [0, 31, 32, 33, 1_000] {
        let (clone, uri) = (world.clone_token(), "u".repeat(len));
        let call = world.initialize("", "", &uri);
        let logs: Vec<LogData> = world.must(world.factory, clone, call);
        let event = IModelToken::ModelTokenInitialized::decode_log_data(&logs[1]).unwrap();
        assert_eq!((event.name.as_str(), event.symbol.as_str(), event.metadataUri.as_str()), ("", "", uri.as_str()));
        assert_eq!(event.encode_log_data(), logs[1]);
    }
}
