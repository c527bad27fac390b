//! Usage files to a day's report: read once from front to back, in bounded memory however long they are.
//!
//! A row is who paid what for which model, and when. Rows of a day, a model and a wallet add up; sums are kept in memory until there are
//! [`Limits::sums`] of them, then sorted and written to a temporary file, and all such files are merged at the end. A row that cannot be
//! read is set aside with its line and its reason, and counts nowhere.

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
    wallets: HashMap<B256, Address>,
    tokens: BTreeMap<B256, Address>,
}

#[derive(Deserialize)]
struct WalletLine {
    api_key: String,
    wallet: String,
}

#[derive(Deserialize)]
struct ModelLine {
    model: String,
    token: String,
}

impl Book {
    /// Reads both files: `api_key,wallet` and `model,token`. An API key may stand there as its keccak256 (0x and 64 digits).
    ///
    /// # Errors
    /// When a line is none, or a key or model is there twice.
    pub fn read(wallets: &Path, models: Option<&Path>) -> Result<Self> {
        let mut book = Self::default();
        for (number, line) in lines::<WalletLine>(wallets)? {
            let place = || format!("{}, line {number}", wallets.display());
            let wallet = address(&line.wallet).with_context(place)?;
            let known = book.wallets.insert(hash_of(&line.api_key), wallet);
            ensure!(known.is_none_or(|known| known == wallet), "{}: the key has two wallets.", place());
        }
        let Some(models) = models else { return Ok(book) };
        for (number, line) in lines::<ModelLine>(models)? {
            let place = || format!("{}, line {number}", models.display());
            let token = address(&line.token).with_context(place)?;
            let known = book.tokens.insert(model_id(&line.model).with_context(place)?, token);
            ensure!(known.is_none_or(|known| known == token), "{}: the model has two tokens.", place());
        }
        Ok(book)
    }

    /// What a report names a model by: its token in the first season, its id from the second on. A model without a token is reported by
    /// its id, so that nobody can say its usage vanished.
    fn key(&self, model: B256, season: u8) -> B256 {
        let token = self.tokens.get(&model).filter(|_| season <= 1);
        token.map_or(model, |token| token.into_word())
    }
}

/// What an API key is known by: its hash, or what is one already.
fn hash_of(api_key: &str) -> B256 {
    let hashed = api_key.strip_prefix("0x").filter(|digits| digits.len() == 64);
    hashed.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| keccak256(api_key))
}

fn lines<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<(u64, T)>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .with_context(|| format!("{} cannot be read.", path.display()))?;
    let mut all = Vec::new();
    for line in reader.deserialize() {
        let line: T = line.with_context(|| format!("{} has a line that is none.", path.display()))?;
        all.push((all.len() as u64 + 2, line));
    }
    Ok(all)
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

/// A line of JSON. Numbers stay the digits that they were written with.
#[derive(Debug, Deserialize)]
struct JsonLine<'a> {
    #[serde(borrow)]
    time: &'a RawValue,
    api_key: String,
    model: String,
    #[serde(borrow)]
    paid_usd: &'a RawValue,
}

/// A number or a text of JSON as it was written, without quotes.
fn plain(value: &RawValue) -> &str {
    value.get().trim_matches('"')
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
    /// The present, in seconds: nothing was used later.
    now: u64,
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
        let (sums, runs, counts) = (HashMap::new(), Vec::new(), Counts::default());
        Ok(Self { book, seasons, limits, sums, runs, counts, now, rejects: rejects.transpose()? })
    }

    /// Reads a file: JSON lines where its name ends in `.jsonl` or `.ndjson`, else CSV with a header.
    ///
    /// # Errors
    /// When the file, or a temporary one, cannot be read or written; never because of a row.
    pub fn read(&mut self, path: &Path) -> Result<()> {
        let file = File::open(path).with_context(|| format!("{} cannot be read.", path.display()))?;
        let mut file = BufReader::new(file);
        let json = path.extension().is_some_and(|ending| ending == "jsonl" || ending == "ndjson");
        let columns = if json { None } else { Some(Columns::read(path, &mut file)?) };
        // Lines are read one by one, so that a stray quote swallows no other.
        for number in 1 + u64::from(!json).. {
            let line = match next_line(&mut file)? {
                None => return Ok(()),
                Some(Err(reason)) => {
                    self.reject(path, number, reason, "")?;
                    continue;
                }
                Some(Ok(line)) => line,
            };
            let text = line.trim();
            if text.is_empty() {
                continue;
            }
            match &columns {
                Some(columns) => self.take_csv(path, number, columns, text)?,
                None => self.take_json(path, number, text)?,
            }
        }
        Ok(())
    }

    fn take_json(&mut self, path: &Path, number: u64, text: &str) -> Result<()> {
        let line: JsonLine<'_> = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(error) => return self.reject(path, number, &error.to_string(), text),
        };
        let (time, paid_usd) = (plain(line.time), plain(line.paid_usd));
        self.take(path, number, &Line { time, api_key: &line.api_key, model: &line.model, paid_usd }, text)
    }

    fn take_csv(&mut self, path: &Path, number: u64, columns: &Columns, text: &str) -> Result<()> {
        let record = match record(text) {
            Ok(record) => record,
            Err(error) => return self.reject(path, number, &error.to_string(), text),
        };
        if record.len() != columns.count {
            return self.reject(path, number, &format!("it has {} fields", record.len()), text);
        }
        let [time, api_key, model, paid_usd] = columns.places.map(|place| record.get(place).unwrap_or_default());
        self.take(path, number, &Line { time, api_key, model, paid_usd }, text)
    }

    /// Counts a row, wholly or not at all.
    fn take(&mut self, path: &Path, number: u64, line: &Line<'_>, text: &str) -> Result<()> {
        match self.row(line) {
            Ok(Some(row)) => {
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
            Ok(None) => self.counts.other_days += 1,
            Err(reason) => self.reject(path, number, &reason, text)?,
        }
        Ok(())
    }

    fn row(&self, line: &Line<'_>) -> Result<Option<Row>, String> {
        let at = time(line.time.trim_end_matches('Z')).map_err(|error| format!("{error:#}"))?;
        if at > self.now {
            return Err("its time has not come: are these milliseconds?".to_owned());
        }
        let spend = micro_usd(line.paid_usd)?;
        if spend.abs() > MOST {
            return Err("nobody pays as much in a day".to_owned());
        }
        let wallet = self.book.wallets.get(&hash_of(line.api_key));
        let account = *wallet.ok_or("the API key has no wallet")?;
        if line.model.is_empty() {
            return Err("it names no model".to_owned());
        }
        let model = model_id(line.model).map_err(|error| format!("{error:#}"))?;
        let epoch = at / DAY;
        let Some(season) = self.seasons.get(&epoch) else { return Ok(None) };
        Ok(Some(Row { epoch, key: self.book.key(model, *season), account, spend }))
    }

    fn reject(&mut self, path: &Path, line: u64, reason: &str, row: &str) -> Result<()> {
        self.counts.rejected += 1;
        tracing::warn!(file = %path.display(), line, reason, "a row was set aside");
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
        Ok(Days { days: merged.days, counts: self.counts, file: merged.file.into_inner()? })
    }
}

/// Where the columns of a CSV file are.
struct Columns {
    places: [usize; 4],
    count: usize,
}

impl Columns {
    fn read(path: &Path, file: &mut impl BufRead) -> Result<Self> {
        let header = next_line(file)?.with_context(|| format!("{} is empty.", path.display()))?;
        let header = header.map_err(|reason| anyhow!("The header of {}: {reason}.", path.display()))?;
        let header = record(header.trim_start_matches('\u{feff}').trim())?;
        let place = |name: &str| {
            let place = header.iter().position(|column| column == name);
            place.with_context(|| {
                format!("{} has no column {name}; it takes time, api_key, model and paid_usd.", path.display())
            })
        };
        let places = [place("time")?, place("api_key")?, place("model")?, place("paid_usd")?];
        Ok(Self { places, count: header.len() })
    }
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
    file: NamedTempFile,
}

impl Days {
    /// What was read, and what was set aside.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
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

    use super::{Address, B256, Book, Counts, Days, Limits, Row, Sums, hash_of, keccak256, micro_usd};

    fn book() -> Book {
        let wallets = (1..=3_u8).map(|n| (hash_of(&format!("key-{n}")), Address::repeat_byte(n))).collect();
        Book { wallets, tokens: BTreeMap::from([(keccak256("chat"), Address::repeat_byte(0xAA))]) }
    }

    fn sum(name: &str, bytes: &[u8], sums: usize) -> (Days, String) {
        let folder = tempfile::tempdir().unwrap();
        let (path, rejects) = (folder.path().join(name), folder.path().join("rejects.csv"));
        fs::write(&path, bytes).unwrap();
        let (book, seasons) = (book(), BTreeMap::from([(1, 1), (2, 2)]));
        let mut all = Sums::new(&book, &seasons, 1_000_000, Limits { sums }, Some(&rejects)).unwrap();
        all.read(&path).unwrap();
        (all.finish().unwrap(), fs::read_to_string(rejects).unwrap())
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
