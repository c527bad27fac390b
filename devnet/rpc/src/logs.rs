//! Logs by filter.

use std::ops::RangeInclusive;

use alloy::rpc::types::{Filter, FilterBlockOption, Log};
use fomo_chain::{Block, Chain};

use crate::block_id::filter_bound;
use crate::convert;
use crate::error::{RpcResult, invalid_params, server};

/// All logs that a filter is about.
pub(crate) fn all(chain: &Chain, filter: &Filter) -> RpcResult<Vec<Log>> {
    let blocks = match &filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let number = chain.block_number_by_hash(*hash);
            let number = number.ok_or_else(|| server(format!("block {hash} does not exist")))?;
            number..=number
        }
        FilterBlockOption::Range { from_block, to_block } => {
            let from = filter_bound(from_block.unwrap_or_default(), chain);
            let to = filter_bound(to_block.unwrap_or_default(), chain);
            if to < from && from_block.is_some() && to_block.is_some() {
                return Err(invalid_params(format!("invalid block range: from {from} to {to}")));
            }
            from..=to
        }
    };
    Ok(collect(chain, filter, blocks))
}

/// The logs that a filter is about in a block and those after it.
pub(crate) fn since(chain: &Chain, filter: &Filter, first: u64) -> Vec<Log> {
    let blocks = match &filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => match chain.block_number_by_hash(*hash) {
            Some(number) if number >= first => number..=number,
            _ => return Vec::new(),
        },
        FilterBlockOption::Range { from_block, to_block } => {
            // Tags move on with the chain, so that only numbers bound it.
            let from = from_block.and_then(|bound| bound.as_number()).unwrap_or_default();
            let to = to_block.map_or(u64::MAX, |bound| filter_bound(bound, chain));
            first.max(from)..=to
        }
    };
    collect(chain, filter, blocks)
}

fn collect(chain: &Chain, filter: &Filter, blocks: RangeInclusive<u64>) -> Vec<Log> {
    // Those before the first one are of the chain that was forked.
    let (first, last) = (chain.first().max(*blocks.start()), chain.head().min(*blocks.end()));
    let mut logs = Vec::new();
    for number in first..=last {
        // Old blocks are read from a file: most are not worth it.
        let possible = chain.header_of(number).is_some_and(|header| filter.matches_bloom(header.logs_bloom));
        if let Some(block) = possible.then(|| chain.block(number)).flatten() {
            logs.extend(of_block(&block, filter));
        }
    }
    logs
}

/// The logs of a block that have the address and the topics of a filter.
pub(crate) fn of_block<'a>(block: &'a Block, filter: &'a Filter) -> impl Iterator<Item = Log> + 'a {
    let possible = filter.matches_bloom(block.header.logs_bloom);
    let transactions = block.transactions.iter().enumerate().filter(move |_| possible);
    transactions
        .flat_map(move |(index, _)| convert::logs(block, index))
        .filter(|log| filter.matches_address(log.address()) && filter.matches_topics(log.topics()))
}
