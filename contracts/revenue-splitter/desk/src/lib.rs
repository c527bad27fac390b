//! The desk of the revenue splitter: its constructor, roles, pauses and parameters, payees, failed launches and views. It runs on the storage of
//! the splitter, which delegates to it; its own stays empty.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use fomo_access::{route_access, routes};
use fomo_revenue_splitter::RevenueSplitter;
use stylus_sdk::prelude::*;

routes! { RevenueSplitter;
    constructor => constructor(Address, Address, Address, Address, Address, Address, Address, Address);
    "redirectFailed" => redirect_failed(Address, Address);
    "proposeIssuerPayee" => propose_issuer_payee(Address, Address);
    "acceptIssuerPayee" => accept_issuer_payee(Address);
    "issuerPayee" => issuer_payee(Address);
    "proposedIssuerPayee" => proposed_issuer_payee(Address);
    "computePayee" => compute_payee(Address);
    "settlement" => settlement(Address, B256);
    "ledgerOf" => ledger_of(Address, Address);
    "totalsOf" => totals_of(Address);
    "destroyed" => destroyed(Address);
    "nextBuyback" => next_buyback(Address, Address);
    "parameterKey" => parameter_key(B256, Address);
    "contracts" => contracts();
    "executeParameter" => execute_parameter(B256);
    otherwise => route_access;
}
