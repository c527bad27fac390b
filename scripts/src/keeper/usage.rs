//! Usage files to a day's report: read once from front to back, in bounded memory however long they are.
//!
//! A row is who paid what for which model, and when. Rows of a day, a model and a wallet add up; sums are kept in memory until there are
//! [`Limits::sums`] of them, then sorted and written to a temporary file, and all such files are merged at the end. A row that cannot be
//! read is set aside with its line and its reason, and counts nowhere.
//!
//! So is a line of the wallets or models that is none or contradicts another. Rows that such a line may have been about are not left out
//! of their day: the day is in doubt, and a person has to look at it, since what a day is reported without is lost for good.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256, keccak256};
use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;
use tempfile::NamedTempFile;

use crate::wallet::amount::{address, model_id, time};

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Bytes of a sum in a temporary file: epoch 8, key 32, account 20, spend 8.
const SUM: usize = 68;
/// Largest spend of a row of a report, in micro-USD: it has 6 bytes there.
const MOST: i64 = (1 << 48) - 1;
/// Longest line of a file that is read at all.
const LONGEST_LINE: usize = 64 * 1024;

/// How much is kept in memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sums before they are written to a file.
    pub sums: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sums: 500_000 }
    }
}

/// Wallets by API key, and tokens by model id.
#[derive(Debug, Clone, Default)]
pub struct Book {
    wallets: Mapping,
    tokens: Mapping,
    /// Lines that were set aside.
    asides: Vec<Aside>,
}

/// Addresses by what names them.
#[derive(Debug, Clone, Default)]
struct Mapping {
    /// Nothing where lines contradict one another or one is mistyped.
    known: HashMap<B256, Option<Address>>,
    /// Whether there was a line of which not even the key can be read: it may have been any that is not here.
    lost: bool,
}

/// What a key names.
enum Named {
    Address(Address),
    Nothing,
    /// A line that was set aside may say it.
    InDoubt,
}

/// A line that was set aside.
#[derive(Debug, Clone)]
struct Aside {
    file: PathBuf,
    line: u64,
    reason: String,
    row: String,
}

impl Mapping {
    /// Reads a file with two columns, the second of which has addresses.
    fn read(
        path: &Path,
        columns: [&str; 2],
        key_of: impl Fn(&str) -> Result<B256>,
        asides: &mut Vec<Aside>,
    ) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("{} cannot be read.", path.display()))?;
        let mut file = BufReader::new(file);
        let header = Header::read(path, &mut file)?;
        let places = (header.place(columns[0])?, header.place(columns[1])?);
        let mut mapping = Self::default();
        for number in 2.. {
            let Some(line) = next_line(&mut file)? else { break };
            let text = line.as_deref().unwrap_or_default().trim();
            if line.is_ok() && text.is_empty() {
                continue;
            }
            let taken = line.as_ref().map_err(|reason| (*reason).to_owned()).and_then(|_| {
                let fields = fields(text, header.columns.len())?;
                let field = |place: usize| fields.get(place).unwrap_or_default();
                let key = key_of(field(places.0)).map_err(|error| format!("{error:#}"))?;
                Ok(mapping.take(key, field(places.1)))
            });
            let reason = match taken {
                Ok(Ok(())) => continue,
                Ok(Err(reason)) => reason,
                Err(reason) => {
                    mapping.lost = true;
                    reason
                }
            };
            tracing::warn!(file = %path.display(), line = number, reason, "a line was set aside");
            asides.push(Aside { file: path.to_owned(), line: number, reason, row: text.to_owned() });
        }
        Ok(mapping)
    }

    /// Takes what a line says of a key; a key of which lines say different things names nothing.
    fn take(&mut self, key: B256, text: &str) -> Result<(), String> {
        let found = match address(text) {
            Ok(found) if !found.is_zero() => Ok(found),
            Ok(_) => Err("that is the zero address".to_owned()),
            Err(error) => Err(format!("{error:#}")),
        };
        let known = self.known.entry(key).or_insert(found.as_ref().ok().copied());
        if found.is_err() || *known != found.as_ref().ok().copied() {
            *known = None;
        }
        found.and_then(|_| if known.is_some() { Ok(()) } else { Err("lines contradict one another".to_owned()) })
    }

    fn name(&self, key: B256) -> Named {
        match self.known.get(&key) {
            Some(Some(found)) => Named::Address(*found),
            Some(None) => Named::InDoubt,
            None if self.lost => Named::InDoubt,
            None => Named::Nothing,
        }
    }
}

impl Book {
    /// Reads both files: `api_key,wallet` and `model,token`. An API key may stand there as its keccak256 (0x and 64 digits). Lines that
    /// are none, or contradict others, are set aside.
    ///
    /// # Errors
    /// When a file cannot be read or has no such columns.
    pub fn read(wallets: &Path, models: Option<&Path>) -> Result<Self> {
        let mut asides = Vec::new();
        let key_of = |key: &str| {
            ensure!(!key.is_empty(), "it names no API key");
            Ok(hash_of(key))
        };
        let wallets = Mapping::read(wallets, ["api_key", "wallet"], key_of, &mut asides)?;
        let model_of = |model: &str| {
            ensure!(!model.is_empty(), "it names no model");
            model_id(model)
        };
        let tokens = models.map(|models| Mapping::read(models, ["model", "token"], model_of, &mut asides));
        Ok(Self { wallets, tokens: tokens.transpose()?.unwrap_or_default(), asides })
    }

    /// What a report names a model by: its token in the first season, its id from the second on. A model without a token is reported by
    /// its id, so that nobody can say its usage vanished. Nothing where that is in doubt.
    fn key(&self, model: B256, season: u8) -> Option<B256> {
        if season > 1 {
            return Some(model);
        }
        match self.tokens.name(model) {
            Named::Address(token) => Some(token.into_word()),
            Named::Nothing => Some(model),
            Named::InDoubt => None,
        }
    }
}

/// What an API key is known by: its hash, or what is one already.
fn hash_of(api_key: &str) -> B256 {
    let hashed = api_key.strip_prefix("0x").filter(|digits| digits.len() == 64);
    hashed.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| keccak256(api_key))
}

/// A row as it was written, field by field.
#[derive(Debug)]
struct Line<'a> {
    /// Unix seconds, or RFC 3339.
    time: &'a str,
    /// The key that was used.
    api_key: &'a str,
    /// The model.
    model: &'a str,
    /// Dollars that were paid, after discounts; below zero for a refund.
    paid_usd: &'a str,
}

/// A line of JSON, whose fields may be missing. Numbers stay the digits that they were written with.
#[derive(Debug, Deserialize)]
struct JsonLine<'a> {
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    api_key: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    paid_usd: Option<&'a RawValue>,
}

impl JsonLine<'_> {
    /// API key, model and payment, or the field that is missing.
    fn rest(&self) -> Result<[Cow<'_, str>; 3], String> {
        let missing = |name: &str| format!("it has no field {name}");
        let api_key = self.api_key.and_then(text).ok_or_else(|| missing("api_key"))?;
        let model = self.model.and_then(text).ok_or_else(|| missing("model"))?;
        let paid_usd = self.paid_usd.map(plain).ok_or_else(|| missing("paid_usd"))?;
        Ok([api_key.into(), model.into(), paid_usd.into()])
    }
}

/// A number or a text of JSON as it was written, without quotes.
fn plain(value: &RawValue) -> &str {
    value.get().trim_matches('"')
}

/// A text of JSON, if it is one.
fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// Dollars with at most six decimals, in micro-USD.
fn micro_usd(text: &str) -> Result<i64, String> {
    let bad = || format!("\"{text}\" is no amount of dollars with at most six decimals");
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || part.len() > 6 || whole.len() > 12 {
        return Err(bad());
    }
    let value: i64 = format!("{whole}{part:0<6}").parse().map_err(|_| bad())?;
    Ok(if negative { -value } else { value })
}

/// What was read, and what was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows that count.
    pub accepted: u64,
    /// Rows that were set aside.
    pub rejected: u64,
    /// Rows because of which their day is in doubt.
    pub doubtful: u64,
    /// Lines of wallets and models that were set aside.
    pub mappings: u64,
    /// Rows of days that are not asked for.
    pub other_days: u64,
    /// Sums that refunds bring to zero or below: nothing is reported of them.
    pub refunded: u64,
    /// Sums that are more than a report can say: nothing is reported of them.
    pub too_large: u64,
}

/// A row of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Its epoch.
    pub epoch: u64,
    /// What names the model.
    pub key: B256,
    /// Who.
    pub account: Address,
    /// Micro-USD.
    pub spend: i64,
}

impl Row {
    const fn place(&self) -> (u64, B256, Address) {
        (self.epoch, self.key, self.account)
    }

    fn write(&self, to: &mut impl Write) -> std::io::Result<()> {
        to.write_all(&self.epoch.to_be_bytes())?;
        to.write_all(self.key.as_slice())?;
        to.write_all(self.account.as_slice())?;
        to.write_all(&self.spend.to_be_bytes())
    }

    fn read(from: &mut impl Read) -> std::io::Result<Option<Self>> {
        let mut bytes = [0; SUM];
        match from.read_exact(&mut bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let (epoch, rest) = bytes.split_at(8);
        let (key, rest) = rest.split_at(32);
        let (account, spend) = rest.split_at(20);
        let number = |part: &[u8]| part.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let (key, account) = (B256::from_slice(key), Address::from_slice(account));
        Ok(Some(Self { epoch: number(epoch), key, account, spend: number(spend).cast_signed() }))
    }
}

/// Adds rows up.
pub struct Sums<'a> {
    book: &'a Book,
    /// Season of each epoch that is asked for.
    seasons: &'a BTreeMap<u64, u8>,
    limits: Limits,
    sums: HashMap<(u64, B256, Address), i64>,
    runs: Vec<NamedTempFile>,
    counts: Counts,
    /// Why days are in doubt: of each the first row that brings it there.
    doubts: BTreeMap<u64, String>,
    /// The present, in seconds: nothing was used later.
    now: u64,
    /// Whether a line of the file that is read has a time.
    timed: bool,
    rejects: Option<Rejects>,
}

/// What was set aside, for whoever may see API keys: the file is its owner's alone, and there as a whole or not at all.
struct Rejects {
    file: csv::Writer<NamedTempFile>,
    path: PathBuf,
}

impl<'a> Sums<'a> {
    /// Nothing yet, at a time in seconds. Rows that are set aside are written to `rejects` in the end.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn new(
        book: &'a Book,
        seasons: &'a BTreeMap<u64, u8>,
        now: u64,
        limits: Limits,
        rejects: Option<&Path>,
    ) -> Result<Self> {
        let rejects = rejects.map(|path| -> Result<_> {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let file =
                NamedTempFile::new_in(folder).with_context(|| format!("{} cannot be written.", path.display()))?;
            let mut file = csv::Writer::from_writer(file);
            file.write_record(["file", "line", "reason", "row"])?;
            Ok(Rejects { file, path: path.to_owned() })
        });
        let counts = Counts { mappings: book.asides.len() as u64, ..Counts::default() };
        let (sums, runs, doubts, rejects) = (HashMap::new(), Vec::new(), BTreeMap::new(), rejects.transpose()?);
        let mut all = Self { book, seasons, limits, sums, runs, counts, doubts, now, timed: false, rejects };
        for Aside { file, line, reason, row } in &book.asides {
            all.note(file, *line, reason, row)?;
        }
        Ok(all)
    }

    /// Reads a file: JSON lines where its name ends in `.jsonl` or `.ndjson`, else CSV with a header.
    ///
    /// # Errors
    /// When the file, or a temporary one, cannot be read or written, or when it has no column of times, or lines of which none has a time, so
    /// that nobody knows which days it is of; never because of a row.
    pub fn read(&mut self, path: &Path) -> Result<()> {
        let file = File::open(path).with_context(|| format!("{} cannot be read.", path.display()))?;
        let mut file = BufReader::new(file);
        let json = path.extension().is_some_and(|ending| ending == "jsonl" || ending == "ndjson");
        let columns = if json { None } else { Some(Columns::read(path, &mut file)?) };
        let mut lines = 0_u64;
        self.timed = false;
        // Lines are read one by one, so that a stray quote swallows no other.
        for number in 1 + u64::from(!json).. {
            let Some(line) = next_line(&mut file)? else { break };
            let text = line.as_deref().unwrap_or_default().trim_start_matches('\u{feff}').trim();
            if line.is_ok() && text.is_empty() {
                continue;
            }
            lines += 1;
            match (&line, &columns) {
                (Err(reason), _) => self.reject(path, number, reason, "")?,
                (Ok(_), Some(columns)) => self.take_csv(path, number, columns, text)?,
                (Ok(_), None) => self.take_json(path, number, text)?,
            }
        }
        // CSV says in its header that it would have times; JSON lines say so by a line alone.
        ensure!(lines > 0 || !json, "{} is empty.", path.display());
        ensure!(lines == 0 || self.timed, "{} has no line with a time.", path.display());
        Ok(())
    }

    fn take_json(&mut self, path: &Path, number: u64, text: &str) -> Result<()> {
        let line: JsonLine<'_> = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(error) => return self.reject(path, number, &error.to_string(), text),
        };
        let Some(time) = line.time.map(plain) else { return self.reject(path, number, "it has no field time", text) };
        let taken = match line.rest() {
            Ok([api_key, model, paid_usd]) => {
                self.row(&Line { time, api_key: &api_key, model: &model, paid_usd: &paid_usd })
            }
            Err(missing) => self.doubt(time, missing),
        };
        self.take(path, number, taken, text)
    }

    fn take_csv(&mut self, path: &Path, number: u64, columns: &Columns, text: &str) -> Result<()> {
        let taken = fields(text, columns.count).and_then(|fields| {
            let field = |place: usize| fields.get(place).unwrap_or_default();
            let time = field(columns.time);
            match &columns.rest {
                Ok(rest) => {
                    let [api_key, model, paid_usd] = rest.map(field);
                    self.row(&Line { time, api_key, model, paid_usd })
                }
                Err(missing) => self.doubt(time, missing.clone()),
            }
        });
        self.take(path, number, taken, text)
    }

    /// Counts a row, wholly or not at all.
    fn take(&mut self, path: &Path, number: u64, taken: Result<Taken, String>, text: &str) -> Result<()> {
        match taken {
            Ok(Taken::Row(row)) => {
                let sum = self.sums.entry(row.place()).or_default();
                let Some(added) = sum.checked_add(row.spend) else {
                    return self.reject(path, number, "the sum is too large", text);
                };
                *sum = added;
                self.counts.accepted += 1;
                if self.sums.len() >= self.limits.sums {
                    self.spill()?;
                }
            }
            Ok(Taken::OtherDay) => self.counts.other_days += 1,
            Ok(Taken::InDoubt(epoch, reason)) => {
                self.counts.doubtful += 1;
                tracing::warn!(file = %path.display(), line = number, epoch, reason, "a row leaves its day in doubt");
                self.note(path, number, &reason, text)?;
                let doubt = || format!("{}, line {number}: {reason}.", path.display());
                self.doubts.entry(epoch).or_insert_with(doubt);
            }
            Err(reason) => self.reject(path, number, &reason, text)?,
        }
        Ok(())
    }

    /// A row of which something is missing: whatever it says is of its day.
    fn doubt(&mut self, time: &str, missing: String) -> Result<Taken, String> {
        let epoch = self.epoch(time)?;
        Ok(epoch.map_or(Taken::OtherDay, |(epoch, _)| Taken::InDoubt(epoch, missing)))
    }

    /// The epoch of a time and its season, if it is asked for.
    fn epoch(&mut self, text: &str) -> Result<Option<(u64, u8)>, String> {
        let at = time(text.trim_end_matches('Z')).map_err(|error| format!("{error:#}"))?;
        if at > self.now {
            return Err("its time has not come: are these milliseconds?".to_owned());
        }
        self.timed = true;
        let epoch = at / DAY;
        Ok(self.seasons.get(&epoch).map(|season| (epoch, *season)))
    }

    fn row(&mut self, line: &Line<'_>) -> Result<Taken, String> {
        let epoch = self.epoch(line.time)?;
        let spend = micro_usd(line.paid_usd)?;
        if spend.abs() > MOST {
            return Err("nobody pays as much in a day".to_owned());
        }
        let account = match self.book.wallets.name(hash_of(line.api_key)) {
            Named::Address(account) => Some(account),
            Named::Nothing => return Err("the API key has no wallet".to_owned()),
            Named::InDoubt => None,
        };
        if line.model.is_empty() {
            return Err("it names no model".to_owned());
        }
        let model = model_id(line.model).map_err(|error| format!("{error:#}"))?;
        let Some((epoch, season)) = epoch else { return Ok(Taken::OtherDay) };
        let in_doubt = |what: &str| Taken::InDoubt(epoch, format!("the {what} was set aside"));
        let Some(account) = account else { return Ok(in_doubt("wallet of its API key")) };
        let Some(key) = self.book.key(model, season) else { return Ok(in_doubt("token of its model")) };
        Ok(Taken::Row(Row { epoch, key, account, spend }))
    }

    fn reject(&mut self, path: &Path, line: u64, reason: &str, row: &str) -> Result<()> {
        self.counts.rejected += 1;
        tracing::warn!(file = %path.display(), line, reason, "a row was set aside");
        self.note(path, line, reason, row)
    }

    /// Writes to the file of what was set aside.
    fn note(&mut self, path: &Path, line: u64, reason: &str, row: &str) -> Result<()> {
        if let Some(file) = &mut self.rejects {
            file.file.write_record([&path.display().to_string(), &line.to_string(), reason, row])?;
        }
        Ok(())
    }

    /// Writes the sums to a file, in order.
    fn spill(&mut self) -> Result<()> {
        let mut rows: Vec<Row> = std::mem::take(&mut self.sums)
            .into_iter()
            .map(|((epoch, key, account), spend)| Row { epoch, key, account, spend })
            .collect();
        rows.sort_unstable();
        let mut run = NamedTempFile::new().context("There is no room for temporary files.")?;
        let mut writer = BufWriter::new(&mut run);
        for row in rows {
            row.write(&mut writer)?;
        }
        writer.flush()?;
        drop(writer);
        self.runs.push(run);
        Ok(())
    }

    /// Merges everything.
    ///
    /// # Errors
    /// When a temporary file cannot be read or written.
    pub fn finish(mut self) -> Result<Days> {
        self.spill()?;
        if let Some(Rejects { file, path }) = self.rejects.take() {
            let file = file.into_inner().map_err(|error| anyhow!("{error}"))?;
            file.persist(&path).with_context(|| format!("{} cannot be written.", path.display()))?;
        }
        let mut readers =
            self.runs.iter().map(|run| Ok(BufReader::new(run.reopen()?))).collect::<std::io::Result<Vec<_>>>()?;
        let mut heap = BinaryHeap::new();
        for (index, reader) in readers.iter_mut().enumerate() {
            heap.extend(Row::read(reader)?.map(|row| Reverse((row, index))));
        }
        let mut merged = Merged::new()?;
        let mut sum: Option<Row> = None;
        while let Some(Reverse((row, index))) = heap.pop() {
            if let Some(reader) = readers.get_mut(index) {
                heap.extend(Row::read(reader)?.map(|next| Reverse((next, index))));
            }
            match &mut sum {
                Some(sum) if sum.place() == row.place() => {
                    sum.spend = sum.spend.checked_add(row.spend).context("A sum is too large.")?;
                }
                _ => merged.push(sum.replace(row), &mut self.counts)?,
            }
        }
        merged.push(sum, &mut self.counts)?;
        merged.file.flush()?;
        Ok(Days { days: merged.days, counts: self.counts, doubts: self.doubts, file: merged.file.into_inner()? })
    }
}

/// What a row is.
enum Taken {
    Row(Row),
    /// Of a day that is not asked for.
    OtherDay,
    /// Of this epoch, and nobody knows what of it; with the reason.
    InDoubt(u64, String),
}

/// The first line of a CSV file.
struct Header<'a> {
    path: &'a Path,
    columns: csv::StringRecord,
}

impl<'a> Header<'a> {
    fn read(path: &'a Path, file: &mut impl BufRead) -> Result<Self> {
        let line = next_line(file)?.with_context(|| format!("{} is empty.", path.display()))?;
        let line = line.map_err(|reason| anyhow!("The header of {}: {reason}.", path.display()))?;
        Ok(Self { path, columns: record(line.trim_start_matches('\u{feff}').trim())? })
    }

    fn place(&self, name: &str) -> Result<usize> {
        let place = self.columns.iter().position(|column| column == name);
        place.with_context(|| format!("{} has no column {name}.", self.path.display()))
    }
}

/// Where the columns of a usage file are.
struct Columns {
    time: usize,
    /// API key, model and payment, or what is missing of them.
    rest: Result<[usize; 3], String>,
    count: usize,
}

impl Columns {
    fn read(path: &Path, file: &mut impl BufRead) -> Result<Self> {
        let header = Header::read(path, file)?;
        let rest = || Ok([header.place("api_key")?, header.place("model")?, header.place("paid_usd")?]);
        let rest = rest().map_err(|error: anyhow::Error| error.to_string().trim_end_matches('.').to_owned());
        Ok(Self { time: header.place("time")?, rest, count: header.columns.len() })
    }
}

/// The fields of a line that has to have so many.
fn fields(line: &str, count: usize) -> Result<csv::StringRecord, String> {
    let fields = record(line).map_err(|error| error.to_string())?;
    if fields.len() == count { Ok(fields) } else { Err(format!("it has {} fields", fields.len())) }
}

/// The fields of a line.
fn record(line: &str) -> csv::Result<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .buffer_capacity(line.len().max(1))
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record)?;
    Ok(record)
}

/// The next line of a file, or why it is none.
fn next_line(file: &mut impl BufRead) -> Result<Option<Result<String, &'static str>>> {
    let mut bytes = Vec::new();
    let read = file.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    if read == LONGEST_LINE && bytes.last() != Some(&b'\n') {
        skip_line(file)?;
        return Ok(Some(Err("the line is too long")));
    }
    Ok(Some(String::from_utf8(bytes).map_err(|_| "it is not UTF-8")))
}

fn skip_line(file: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let (found, length) = {
            let buffer = file.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            (end.is_some() || buffer.is_empty(), end.map_or(buffer.len(), |end| end + 1))
        };
        file.consume(length);
        if found {
            return Ok(());
        }
    }
}

/// Rows in order, being written.
struct Merged {
    file: BufWriter<NamedTempFile>,
    days: BTreeMap<u64, Totals>,
    written: u64,
}

impl Merged {
    fn new() -> Result<Self> {
        Ok(Self { file: BufWriter::new(NamedTempFile::new()?), days: BTreeMap::new(), written: 0 })
    }

    fn push(&mut self, row: Option<Row>, counts: &mut Counts) -> Result<()> {
        let Some(row) = row else { return Ok(()) };
        if row.spend <= 0 {
            counts.refunded += 1;
            tracing::warn!(account = %row.account, epoch = row.epoch, micro_usd = row.spend, "refunds leave nothing of a day");
            return Ok(());
        }
        if row.spend > MOST {
            counts.too_large += 1;
            tracing::error!(account = %row.account, epoch = row.epoch, "spent more in a day than a report can say");
            return Ok(());
        }
        let day = self.days.entry(row.epoch).or_insert(Totals { rows: 0, spend: 0, first: self.written });
        day.rows = day.rows.checked_add(1).context("A day has too many rows.")?;
        day.spend = day.spend.checked_add(row.spend.unsigned_abs()).context("A day's spend is too large.")?;
        self.written += 1;
        Ok(row.write(&mut self.file)?)
    }
}

/// A day's totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Rows.
    pub rows: u32,
    /// Micro-USD.
    pub spend: u64,
    /// Number of its first row among all.
    first: u64,
}

/// All days, sorted as reports have to be.
pub struct Days {
    days: BTreeMap<u64, Totals>,
    counts: Counts,
    doubts: BTreeMap<u64, String>,
    file: NamedTempFile,
}

impl Days {
    /// What was read, and what was set aside.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Why a day is in doubt, if it is.
    #[must_use]
    pub fn doubt(&self, epoch: u64) -> Option<&str> {
        self.doubts.get(&epoch).map(String::as_str)
    }

    /// A day's totals; zeros where nobody used anything.
    #[must_use]
    pub fn totals(&self, epoch: u64) -> Totals {
        self.days.get(&epoch).copied().unwrap_or_default()
    }

    /// A day's rows by key and account.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn rows(&self, epoch: u64) -> Result<impl Iterator<Item = Result<Row>> + use<>> {
        use std::io::{Seek, SeekFrom};
        let totals = self.totals(epoch);
        let mut file = BufReader::new(self.file.reopen()?);
        file.seek(SeekFrom::Start(totals.first * SUM as u64))?;
        Ok((0..totals.rows).map(move |_| Row::read(&mut file)?.context("A temporary file ends too early.")))
    }
}

/// Files of a folder, or the file itself, in the order of their names.
///
/// # Errors
/// When it cannot be listed.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut all = Vec::new();
    for entry in std::fs::read_dir(path).with_context(|| format!("{} cannot be listed.", path.display()))? {
        let path = entry?.path();
        let known = path.extension().and_then(|ending| ending.to_str());
        if matches!(known, Some("csv" | "jsonl" | "ndjson")) {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::{Address, B256, Book, Counts, Days, Limits, Result, Row, Sums, keccak256, micro_usd};

    /// Three wallets and a model.
    fn mappings() -> (String, String) {
        let wallets = (1..=3_u8).map(|n| format!("key-{n},{}\n", Address::repeat_byte(n)));
        let models = format!("model,token\nchat,{}\n", Address::repeat_byte(0xAA));
        (format!("api_key,wallet\n{}", wallets.collect::<String>()), models)
    }

    fn sum(name: &str, bytes: &[u8], sums: usize) -> (Days, String) {
        let (wallets, models) = mappings();
        try_sum(name, bytes, sums, &wallets, &models).unwrap()
    }

    fn try_sum(name: &str, bytes: &[u8], sums: usize, wallets: &str, models: &str) -> Result<(Days, String)> {
        let folder = tempfile::tempdir()?;
        let [path, rejects] = [name, "rejects.csv"].map(|name| folder.path().join(name));
        let [wallet_file, model_file] = ["wallets.csv", "models.csv"].map(|name| folder.path().join(name));
        fs::write(&path, bytes)?;
        fs::write(&wallet_file, wallets)?;
        fs::write(&model_file, models)?;
        let (book, seasons) = (Book::read(&wallet_file, Some(&model_file))?, BTreeMap::from([(1, 1), (2, 2)]));
        let mut all = Sums::new(&book, &seasons, 1_000_000, Limits { sums }, Some(&rejects))?;
        all.read(&path)?;
        Ok((all.finish()?, fs::read_to_string(rejects)?))
    }

    fn rows(days: &Days, epoch: u64) -> Vec<(B256, Address, i64)> {
        days.rows(epoch)
            .unwrap()
            .map(Result::unwrap)
            .map(|Row { key, account, spend, .. }| (key, account, spend))
            .collect()
    }

    #[test]
    fn dollars_are_exact_or_refused() {
        for (text, value) in
            [("0", 0), ("5", 5_000_000), ("0.000001", 1), ("-1.5", -1_500_000), ("12.345678", 12_345_678)]
        {
            assert_eq!(micro_usd(text), Ok(value));
        }
        for text in ["", ".5", "-", "1.0000001", "1e3", "NaN", "+5", "--5", "1,000", "9999999999999", "5 "] {
            assert!(micro_usd(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rows_add_up_by_day_model_and_wallet_whatever_fits_in_memory() {
        let text = "time,api_key,model,paid_usd,comment\n\
            86400,key-2,chat,1.5,\n1970-01-02T23:59:59Z,key-1,chat,0.25,\"a, b\"\n86401,key-2,chat,-0.5,refund\n\
            172800,key-1,chat,2,\n86400,key-3,chat,1,\n86400,key-3,chat,-2,\n86400,key-1,unknown,7,\n345600,key-1,chat,9,\n";
        for limit in [1, 2, 1_000] {
            let (days, rejects) = sum("usage.csv", text.as_bytes(), limit);
            let token = Address::repeat_byte(0xAA).into_word();
            let [one, two] = [1, 2].map(Address::repeat_byte);
            let mut expected =
                vec![(token, one, 250_000), (token, two, 1_000_000), (keccak256("unknown"), one, 7_000_000)];
            expected.sort();
            assert_eq!(rows(&days, 1), expected);
            assert_eq!(rows(&days, 2), [(keccak256("chat"), one, 2_000_000)], "the second season names model ids");
            let counts = Counts { accepted: 7, other_days: 1, refunded: 1, ..Counts::default() };
            assert_eq!(days.counts(), counts);
            assert_eq!((days.totals(1).rows, days.totals(1).spend), (3, 8_250_000));
            assert_eq!(rejects.lines().count(), 1);
        }
    }

    #[test]
    fn a_row_that_is_none_is_set_aside_by_its_line_and_stops_nothing() {
        let mut text = b"\xef\xbb\xbftime,api_key,model,paid_usd\r\n86400,key-1,chat,1\r\n".to_vec();
        for bad in [
            "86400,key-9,chat,1",
            "noon,key-1,chat,1",
            "86400,key-1,chat,1.0000001",
            "86400,key-1,chat",
            "86400,key-1,,1",
        ] {
            text.extend_from_slice(bad.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"86400,key-1,\xff\xfe,1\r\n86400,key-2,chat,1\r\n");
        let (days, rejects) = sum("usage.csv", &text, 10);
        assert_eq!(days.counts(), Counts { accepted: 2, rejected: 6, ..Counts::default() });
        assert_eq!(rows(&days, 1).len(), 2);
        for (line, reason) in [
            (3, "no wallet"),
            (4, "no time"),
            (5, "six decimals"),
            (6, "3 fields"),
            (7, "names no model"),
            (8, "utf-8"),
        ] {
            let found =
                rejects.lines().any(|row| row.contains(&format!(",{line},")) && row.to_lowercase().contains(reason));
            assert!(found, "line {line}: {reason} in {rejects}");
        }
    }

    /// Usage of both days: of `key-1` on the first, of `key-2` on the second.
    const TWO_DAYS: &str = "time,api_key,model,paid_usd\n86400,key-1,chat,1\n172800,key-2,chat,2\n";

    #[test]
    fn a_key_of_contradicting_or_mistyped_lines_credits_nobody_and_leaves_its_day_in_doubt() {
        let (wallets, models) = mappings();
        let other = Address::repeat_byte(9);
        for (line, reason) in [
            (format!("key-1,{other}\n"), "contradict"),
            ("key-1,0x1234\n".to_owned(), "no address"),
            (format!("key-1,{}\n", Address::ZERO), "zero address"),
        ] {
            let wallets = format!("{wallets}{line}key-3,{}\n", Address::repeat_byte(3));
            let (days, rejects) = try_sum("usage.csv", TWO_DAYS.as_bytes(), 10, &wallets, &models).unwrap();
            assert_eq!(days.counts(), Counts { accepted: 1, doubtful: 1, mappings: 1, ..Counts::default() });
            assert!(days.doubt(1).unwrap().contains("usage.csv, line 2: the wallet of its API key"), "{line}");
            assert_eq!((days.doubt(2), rows(&days, 1).len(), rows(&days, 2).len()), (None, 0, 1));
            assert!(rejects.contains("wallets.csv,5,") && rejects.contains(reason), "{rejects}");
        }
    }

    #[test]
    fn a_model_of_contradicting_lines_is_in_doubt_where_reports_name_its_token() {
        let (wallets, models) = mappings();
        let models = format!("{models}chat,{}\n", Address::repeat_byte(0xBB));
        let (days, _) = try_sum("usage.csv", TWO_DAYS.as_bytes(), 10, &wallets, &models).unwrap();
        assert!(days.doubt(1).unwrap().contains("token of its model"));
        assert_eq!((days.doubt(2), rows(&days, 2).len()), (None, 1), "the second season names model ids");
    }

    #[test]
    fn a_line_that_cannot_be_read_may_have_been_of_any_key_that_has_none() {
        let (wallets, models) = mappings();
        let text = format!("{TWO_DAYS}172800,key-9,chat,2\n");
        for line in ["key-9\n", "key-9,0x12,more\n", ",0x12\n"] {
            let wallets = format!("{wallets}{line}");
            let (days, _) = try_sum("usage.csv", text.as_bytes(), 10, &wallets, &models).unwrap();
            assert_eq!(days.counts(), Counts { accepted: 2, doubtful: 1, mappings: 1, ..Counts::default() });
            assert!(days.doubt(1).is_none() && days.doubt(2).unwrap().contains("line 4"));
        }
        let (days, _) = try_sum("usage.csv", text.as_bytes(), 10, &wallets, &models).unwrap();
        assert_eq!(days.counts(), Counts { accepted: 2, rejected: 1, ..Counts::default() });
    }

    #[test]
    fn a_file_that_lacks_a_column_leaves_its_days_in_doubt_and_one_without_times_every_day() {
        let (days, _) =
            sum("usage.csv", b"time,api_key,model\n86400,key-1,chat\nnoon,key-1,chat\n345600,key-1,chat\n", 10);
        assert_eq!(days.counts(), Counts { rejected: 1, doubtful: 1, other_days: 1, ..Counts::default() });
        assert!(days.doubt(1).unwrap().contains("has no column paid_usd") && days.doubt(2).is_none());
        let (wallets, models) = mappings();
        for (text, why) in [("", "usage.csv is empty"), ("api_key,model,paid_usd\nkey-1,chat,1\n", "no column time")] {
            let error = try_sum("usage.csv", text.as_bytes(), 10, &wallets, &models).err().unwrap();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn json_lines_that_lack_a_field_leave_their_days_in_doubt_and_files_without_times_every_day() {
        let good = "{\"time\":172800,\"api_key\":\"key-1\",\"model\":\"chat\",\"paid_usd\":2}\n";
        for (line, why) in [
            ("{\"time\":86400,\"api_key\":\"key-1\",\"model\":\"chat\",\"cost\":1}", "paid_usd"),
            ("{\"time\":86400,\"api_key\":\"key-1\",\"model\":\"chat\",\"paid_usd\":null}", "paid_usd"),
            ("{\"time\":86400,\"api_key\":\"key-1\",\"paid_usd\":1}", "model"),
            ("{\"time\":86400,\"apiKey\":\"key-1\",\"model\":\"chat\",\"paid_usd\":1}", "api_key"),
            ("{\"time\":\"1970-01-02T10:00:00Z\",\"api_key\":1,\"model\":\"chat\",\"paid_usd\":1}", "api_key"),
            ("{\"time\":86400}", "api_key"),
        ] {
            let text = format!("{good}{line}\n{}\n", line.replace("86400", "345600").replace("01-02", "01-05"));
            let (days, rejects) = sum("usage.jsonl", text.as_bytes(), 10);
            let counts = Counts { accepted: 1, doubtful: 1, other_days: 1, ..Counts::default() };
            assert_eq!(days.counts(), counts, "{line}");
            assert!(days.doubt(1).unwrap().contains(&format!("usage.jsonl, line 2: it has no field {why}")), "{line}");
            assert!(days.doubt(2).is_none() && rejects.contains(why), "{rejects}");
        }
        // A line without a time says nothing of a day; the others of its file do.
        let (days, _) = sum("usage.jsonl", format!("\u{feff}{good}{{\"api_key\":\"key-1\"}}\n").as_bytes(), 10);
        assert_eq!(days.counts(), Counts { accepted: 1, rejected: 1, ..Counts::default() });
        let (wallets, models) = mappings();
        let (late, noon) = (good.replace("172800", "172800000"), good.replace("172800", "\"noon\""));
        let (unnamed, none) = (good.replace("time", "at"), "no line with a time");
        for (text, why) in
            [("", "is empty"), ("\n", "is empty"), (&late, none), (&noon, none), (&unnamed, none), ("[\n", none)]
        {
            let error = try_sum("usage.jsonl", text.as_bytes(), 10, &wallets, &models).err().unwrap();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_csv_file_may_have_no_rows_but_not_rows_of_which_none_has_a_time() {
        let header = "time,api_key,model,paid_usd\n";
        assert_eq!(sum("usage.csv", header.as_bytes(), 10).0.counts(), Counts::default());
        let (wallets, models) = mappings();
        let text = format!("{header}86400000000,key-1,chat,1\nnoon,key-1,chat,1\n");
        let error = try_sum("usage.csv", text.as_bytes(), 10, &wallets, &models).err().unwrap();
        assert!(error.to_string().contains("no line with a time"), "{error}");
        // Whoever has no wallet has a time.
        let text = format!("{header}86400,key-9,chat,1\n");
        assert_eq!(sum("usage.csv", text.as_bytes(), 10).0.counts().rejected, 1);
    }

    #[test]
    fn amounts_are_read_by_their_digits_and_absurd_ones_stop_nothing() {
        let row = |paid: &str| format!("86400,key-1,chat,{paid}\n");
        let good = ["0.000001", "0.000009", "\"1.5\""].map(row).concat();
        let bad = ["1e3", "+5", "300000000", "-300000000"].map(row).concat();
        let late = "1760000000000,key-1,chat,1\n";
        let stray = "86400,\"key-1,chat,1\n";
        let text = format!("time,api_key,model,paid_usd\n{good}{bad}{late}{stray}{}", row("2"));
        let (days, rejects) = sum("usage.csv", text.as_bytes(), 10);
        assert_eq!(days.counts(), Counts { accepted: 4, rejected: 6, ..Counts::default() }, "{rejects}");
        assert_eq!(days.totals(1).spend, 3_500_010);
        let json =
            |paid: &str| format!("{{\"time\":86400,\"api_key\":\"key-1\",\"model\":\"chat\",\"paid_usd\":{paid}}}\n");
        let mut text = ["0.000001", "1e3", "1e-6", "\"0.000002\""].map(json).concat().into_bytes();
        text.extend_from_slice(b"{\"time\":86400,\"api_key\":\"key-1\",\"model\":\"\xff\",\"paid_usd\":1}\n");
        let (days, rejects) = sum("usage.jsonl", &text, 10);
        assert_eq!(days.counts(), Counts { accepted: 2, rejected: 3, ..Counts::default() }, "{rejects}");
        assert_eq!(days.totals(1).spend, 3);
        // Sums that no report can say are left out, and the day goes on.
        let text = format!("time,api_key,model,paid_usd\n{}86400,key-2,chat,1\n", row("200000000").repeat(2));
        let (days, _) = sum("usage.csv", text.as_bytes(), 10);
        assert_eq!((days.counts().too_large, days.totals(1).rows), (1, 1));
    }

    #[test]
    fn json_lines_are_read_like_csv() {
        let long = format!("{{\"time\":86400,\"api_key\":\"{}\"}}\n", "x".repeat(200_000));
        let text = format!(
            "{{\"time\":86400,\"api_key\":\"key-1\",\"model\":\"chat\",\"paid_usd\":\"1.25\"}}\n\n{long}{{\"time\":\n\
             {{\"time\":\"1970-01-02 10:00:00\",\"api_key\":\"key-1\",\"model\":\"chat\",\"paid_usd\":0.75,\"more\":1}}"
        );
        let (days, rejects) = sum("usage.jsonl", text.as_bytes(), 10);
        assert_eq!(days.counts(), Counts { accepted: 2, rejected: 2, ..Counts::default() });
        assert_eq!(days.totals(1).spend, 2_000_000);
        assert!(rejects.contains("too long"), "{rejects}");
    }
}
