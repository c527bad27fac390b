//! What goes wrong, as JSON-RPC errors.

use alloy::primitives::Bytes;
use alloy::sol_types::{Panic, Revert, SolError};
use fomo_chain::{ChainError, Execution, Outcome, Unread};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::{
    CALL_EXECUTION_FAILED_CODE, INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE, METHOD_NOT_FOUND_CODE,
};

use crate::node::ChainUnavailable;

/// The answer to a request.
pub(crate) type RpcResult<T> = Result<T, ErrorObjectOwned>;

/// The code that clients take for "reverted, the data says why".
const REVERTED: i32 = 3;

fn plain(code: i32, message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, None::<()>)
}

pub(crate) fn invalid_params(message: impl Into<String>) -> ErrorObjectOwned {
    plain(INVALID_PARAMS_CODE, message)
}

pub(crate) fn server(message: impl Into<String>) -> ErrorObjectOwned {
    plain(CALL_EXECUTION_FAILED_CODE, message)
}

pub(crate) fn internal(message: impl Into<String>) -> ErrorObjectOwned {
    plain(INTERNAL_ERROR_CODE, message)
}

pub(crate) fn method_not_found(message: impl Into<String>) -> ErrorObjectOwned {
    plain(METHOD_NOT_FOUND_CODE, message)
}

pub(crate) fn unavailable(reason: ChainUnavailable) -> ErrorObjectOwned {
    match reason {
        ChainUnavailable::Failed => {
            internal("the node failed at this request and goes on without it; please report what was asked")
        }
        ChainUnavailable::NotSaved(_) => internal(reason.to_string()),
    }
}

pub(crate) fn chain(error: ChainError) -> ErrorObjectOwned {
    match error {
        ChainError::NotEstimable(execution) => failed(&execution),
        other => server(other.to_string()),
    }
}

/// The chain that was forked does not answer.
pub(crate) fn unread(error: Unread) -> ErrorObjectOwned {
    server(error.to_string())
}

/// A call that did not succeed.
pub(crate) fn failed(execution: &Execution) -> ErrorObjectOwned {
    let reason = failure_reason(execution);
    match &execution.outcome {
        Outcome::Revert => {
            let message = reason.map_or("execution reverted".into(), |reason| format!("execution reverted: {reason}"));
            ErrorObjectOwned::owned(REVERTED, message, Some(&execution.output))
        }
        Outcome::Halt(_) | Outcome::Success => server(reason.unwrap_or_else(|| "execution failed".into())),
    }
}

/// Why an execution failed, in words, if there are any.
pub(crate) fn failure_reason(execution: &Execution) -> Option<String> {
    let note = execution.note.as_deref();
    match &execution.outcome {
        Outcome::Success => None,
        Outcome::Revert => decode_reason(&execution.output).or_else(|| note.map(Into::into)),
        Outcome::Halt(halt) => Some(note.map_or_else(|| halt.clone(), |note| format!("{halt}: {note}"))),
    }
}

/// The text of `Error(string)` and `Panic(uint256)`, the two errors that every contract shares.
pub(crate) fn decode_reason(data: &Bytes) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    let panic = Panic::abi_decode(data).ok()?;
    Some(panic.kind().map_or_else(|| format!("panic code {:#x}", panic.code), |kind| kind.as_str().into()))
}
