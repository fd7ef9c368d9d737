//! The vault on both of its stores: every law is checked on a SQLite file and on a Postgres schema.

use super::*;
use std::{path::PathBuf, sync::Arc};
use test_support::{DataFolder, Database, eventually};

const CANARY: &str = "زهرا کریمی Canary-0013542419";
const SHORT: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

/// A store of its own, gone when it is dropped.
enum Place {
    File(DataFolder),
    Database(Box<Database>),
}

impl Place {
    async fn both() -> [Place; 2] {
        [Place::File(DataFolder::new()), Place::Database(Box::new(Database::create().await))]
    }

    fn address(&self) -> String {
        match self {
            Place::File(folder) => folder.join("vault/keys.db").display().to_string(),
            Place::Database(database) => database.url().to_owned(),
        }
    }

    async fn open(&self) -> Vault {
        self.open_with(KEY_CACHE_TIME).await
    }

    async fn open_with(&self, cache_time: Duration) -> Vault {
        Vault::open_with(&self.address(), master(), cache_time).await.unwrap()
    }
}

fn master() -> MasterKey {
    MasterKey::from_bytes([42; 32])
}

fn zahra() -> Lookup {
    Lookup::national_id("0013542419")
}

#[tokio::test]
async fn what_is_sealed_opens_in_every_process_and_only_there() {
    for place in Place::both().await {
        let vault = place.open().await;
        let person = vault.person_for(&zahra()).await.unwrap();
        let [one, two] = [vault.seal(person, CANARY.as_bytes()).await, vault.seal(person, CANARY.as_bytes()).await]
            .map(Result::unwrap);
        assert_ne!(one.bytes, two.bytes, "two seals of one text differ");

        let other = place.open().await;
        assert_eq!(other.person_for(&zahra()).await.unwrap(), person);
        assert_eq!(other.open_sealed(&one).await.unwrap().as_deref(), Some(CANARY.as_bytes()));
        let opened = other.open_all(&[&two, &one]).await.unwrap();
        assert_eq!(opened, [Some(CANARY.as_bytes().to_vec()), Some(CANARY.as_bytes().to_vec())]);
    }
}

#[tokio::test]
async fn changed_bytes_and_another_persons_name_do_not_open() {
    for place in Place::both().await {
        let vault = place.open().await;
        let lookups = [zahra(), Lookup::legal_id("14005893875")];
        let persons = vault.persons_for(&lookups).await.unwrap();
        let sealed = vault.seal(persons[0], CANARY.as_bytes()).await.unwrap();

        let moved = Sealed { person: persons[1], bytes: sealed.bytes.clone() };
        assert!(matches!(vault.open_sealed(&moved).await, Err(VaultError::Tampered(person)) if person == persons[1]));
        let mut changed = sealed.clone();
        *changed.bytes.last_mut().unwrap() ^= 1;
        assert!(matches!(vault.open_sealed(&changed).await, Err(VaultError::Tampered(_))));
        assert!(matches!(vault.open_all(&[&sealed, &changed]).await, Err(VaultError::Tampered(_))));
        let stranger = PersonId(uuid::Uuid::from_u128(5));
        let strange = Sealed { person: stranger, bytes: sealed.bytes };
        assert!(
            matches!(vault.open_sealed(&strange).await, Err(VaultError::UnknownPerson(person)) if person == stranger)
        );
    }
}

#[tokio::test]
async fn a_forgotten_person_is_closed_here_at_once_and_elsewhere_soon() {
    for place in Place::both().await {
        let (vault, other) = (place.open().await, place.open_with(SHORT).await);
        let person = vault.person_for(&zahra()).await.unwrap();
        let sealed = vault.seal(person, CANARY.as_bytes()).await.unwrap();
        assert!(other.open_sealed(&sealed).await.unwrap().is_some());

        vault.forget(person, kernel::Instant(1)).await.unwrap();
        assert_eq!(vault.open_sealed(&sealed).await.unwrap(), None);
        assert!(matches!(vault.seal(person, b"more").await, Err(VaultError::Forgotten(_))));
        let closed = async || other.open_sealed(&sealed).await.unwrap().is_none().then_some(());
        eventually(PATIENCE, closed).await.expect("the other process lets the key go");

        vault.forget(person, kernel::Instant(2)).await.expect("a second time changes nothing");
        assert!(vault.is_forgotten(person).await.unwrap());
        let again = vault.person_for(&zahra()).await.unwrap();
        assert_ne!(again, person, "nothing ties the old pseudonym to who comes back");
        assert!(!vault.is_forgotten(again).await.unwrap());
        assert_eq!(place.open().await.open_sealed(&sealed).await.unwrap(), None);
    }
}

#[tokio::test]
async fn nobody_unknown_is_forgotten() {
    for place in Place::both().await {
        let vault = place.open().await;
        let stranger = PersonId(uuid::Uuid::from_u128(5));
        let refused = vault.forget(stranger, kernel::Instant(1)).await;
        assert!(matches!(refused, Err(VaultError::UnknownPerson(_))));
        assert!(matches!(vault.is_forgotten(stranger).await, Err(VaultError::UnknownPerson(_))));
    }
}

#[tokio::test]
async fn a_wrong_master_key_is_told_at_once_and_leaves_no_trace() {
    for place in Place::both().await {
        let person = place.open().await.person_for(&zahra()).await.unwrap();
        let wrong = Vault::open(&place.address(), MasterKey::from_bytes([43; 32])).await.unwrap_err();
        assert!(matches!(wrong, VaultError::WrongMasterKey { .. }), "{wrong}");
        assert_eq!(place.open().await.person_for(&zahra()).await.unwrap(), person);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_meet_one_person() {
    for place in Place::both().await {
        // Opened at once too: the tables are made by whoever comes first.
        let (one, two, three, four) = tokio::join!(place.open(), place.open(), place.open(), place.open());
        let vaults = [one, two, three, four].map(Arc::new);
        let tasks = (0..100).map(|number| {
            let vault = vaults[number % vaults.len()].clone();
            tokio::spawn(async move {
                let mut lookups = vec![zahra(), Lookup::account("a"), zahra(), Lookup::account("b")];
                if number % 2 == 0 {
                    lookups.reverse();
                }
                let mut persons = vault.persons_for(&lookups).await.unwrap();
                if number % 2 == 0 {
                    persons.reverse();
                }
                persons
            })
        });
        let mut met = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            met.push(task.await.unwrap());
        }
        assert!(met.iter().all(|persons| *persons == met[0]), "{met:?}");
        assert_eq!(met[0][0], met[0][2]);
        assert_ne!(met[0][1], met[0][3]);
    }
}

#[tokio::test]
async fn many_are_looked_up_in_batches_and_in_order() {
    for place in Place::both().await {
        let vault = place.open().await;
        let city = "isfahan".parse().unwrap();
        let lookups: Vec<Lookup> =
            (0..BATCH_LIMIT + 7).map(|number| Lookup::imported(&city, &format!("Resource{number}"))).collect();
        let persons = vault.persons_for(&lookups).await.unwrap();
        assert_eq!(persons.iter().collect::<HashSet<_>>().len(), lookups.len());
        assert_eq!(persons[BATCH_LIMIT + 3], vault.person_for(&lookups[BATCH_LIMIT + 3]).await.unwrap());
    }
}

#[tokio::test]
async fn the_stored_files_hold_nothing_that_was_sealed_nor_who_for() {
    let folder = DataFolder::new();
    let place = Place::File(folder);
    let vault = place.open().await;
    let person = vault.person_for(&zahra()).await.unwrap();
    vault.seal(person, CANARY.as_bytes()).await.unwrap();
    let id = person.to_string();
    assert!(stored(&place).iter().any(|bytes| holds(bytes, id.as_bytes())), "the pseudonym is there to be found");
    let key = vault.key(person).await.unwrap().unwrap();
    for secret in [CANARY.as_bytes(), b"0013542419", b"Canary", key.as_slice(), &[42; 32]] {
        assert!(!stored(&place).iter().any(|bytes| holds(bytes, secret)));
    }
}

#[tokio::test]
async fn a_forgotten_key_is_gone_from_the_file_too() {
    let place = Place::File(DataFolder::new());
    let vault = place.open().await;
    let person = vault.person_for(&zahra()).await.unwrap();
    let wrapped = vault.store.keys(&[person]).await.unwrap()[0].1.clone().unwrap();
    let lookup = zahra().hash(&vault.lookups);
    assert!(stored(&place).iter().any(|bytes| holds(bytes, wrapped.as_bytes())));
    vault.forget(person, kernel::Instant(1)).await.unwrap();
    for gone in [wrapped, lookup] {
        assert!(!stored(&place).iter().any(|bytes| holds(bytes, gone.as_bytes())));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::File(DataFolder::new());
    let vault = place.open().await;
    vault.person_for(&zahra()).await.unwrap();
    for file in files(&place) {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn what_is_too_long_or_damaged_is_refused() {
    let place = Place::File(DataFolder::new());
    let vault = place.open_with(Duration::ZERO).await;
    let person = vault.person_for(&zahra()).await.unwrap();
    let long = vault.seal(person, &vec![0; PLAINTEXT_LIMIT + 1]).await;
    assert!(matches!(long, Err(VaultError::TooLong { length, .. }) if length == PLAINTEXT_LIMIT + 1));
    let longest = vault.seal(person, &vec![7; PLAINTEXT_LIMIT]).await.unwrap();
    assert_eq!(vault.open_sealed(&longest).await.unwrap().map(|text| text.len()), Some(PLAINTEXT_LIMIT));

    let Store::Sqlite(pool) = &vault.store else { unreachable!("a file is SQLite") };
    sqlx::query("UPDATE person SET wrapped = 'AAAA'").execute(pool).await.unwrap();
    assert!(matches!(vault.open_sealed(&longest).await, Err(VaultError::DamagedKey(_))));
}

#[test]
fn keys_of_different_uses_differ() {
    let mac = |purpose: &str| master().derive(&format!("use:{purpose}")).digest(&[b"x"]);
    assert_ne!(mac("import"), mac("tokens"));
}

fn files(place: &Place) -> Vec<PathBuf> {
    let address = PathBuf::from(place.address());
    std::fs::read_dir(address.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn stored(place: &Place) -> Vec<Vec<u8>> {
    files(place).into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_lost_vault_is_not_replaced_unless_the_loss_is_accepted() {
    for place in Place::both().await {
        let nothing = Vault::open_known(&place.address(), master(), "an id").await.unwrap_err();
        assert!(matches!(nothing, VaultError::Lost { .. }), "{nothing:?}");
        let vault = place.open().await;
        let zahra = vault.person_for(&zahra()).await.unwrap();
        Vault::open_known(&place.address(), master(), vault.id()).await.unwrap();
        let another = Vault::open_known(&place.address(), master(), "an id").await.unwrap_err();
        assert!(matches!(another, VaultError::Lost { .. }), "{another:?}");

        let stranger = PersonId(uuid::Uuid::from_u128(5));
        let sealed = Sealed { bytes: vault.seal(zahra, b"zahra").await.unwrap().bytes, person: stranger };
        assert!(matches!(vault.open_sealed(&sealed).await, Err(VaultError::UnknownPerson(_))));
        Vault::open_after_loss(&place.address(), master()).await.unwrap();
        let vault = Vault::open_known(&place.address(), master(), vault.id()).await.unwrap();
        assert_eq!(vault.open_sealed(&sealed).await.unwrap(), None, "as good as forgotten");
        assert!(vault.is_forgotten(stranger).await.unwrap());
        vault.forget(stranger, kernel::Instant(0)).await.unwrap();
        assert!(matches!(vault.seal(stranger, b"new").await, Err(VaultError::Forgotten(_))));
        assert!(!vault.is_forgotten(zahra).await.unwrap());
    }
}

#[tokio::test]
async fn a_draft_is_sealed_replaced_and_opens_only_as_its_own() {
    let at = |day: i64| kernel::Instant(day * 86_400_000_000);
    for place in Place::both().await {
        let vault = place.open().await;
        let [zahra, firm] = vault.persons_for(&[zahra(), Lookup::legal_id("14005893875")]).await.unwrap()[..] else {
            unreachable!("two were asked for")
        };
        assert_eq!(vault.draft(zahra, "small-works").await.unwrap(), None);
        vault.keep_draft(zahra, "small-works", b"the first", at(1)).await.unwrap();
        vault.keep_draft(zahra, "small-works", CANARY.as_bytes(), at(2)).await.unwrap();
        vault.keep_draft(zahra, "building-permit", b"another", at(3)).await.unwrap();
        let other = place.open().await;
        assert_eq!(other.draft(zahra, "small-works").await.unwrap().as_deref(), Some(CANARY.as_bytes()));
        assert_eq!(other.draft(firm, "small-works").await.unwrap(), None);
        let names = [("building-permit".to_owned(), at(3)), ("small-works".to_owned(), at(2))];
        assert_eq!(other.drafts(zahra).await.unwrap(), names);
        if let Place::File(_) = &place {
            assert!(!stored(&place).iter().any(|bytes| holds(bytes, b"Canary")), "a draft lies open on the disk");
        }
        let long = vault.keep_draft(zahra, "long", &vec![0; PLAINTEXT_LIMIT + 1], at(3)).await;
        assert!(matches!(long, Err(VaultError::TooLong { .. })));
        swap_drafts(&vault).await;
        assert!(matches!(vault.draft(zahra, "small-works").await, Err(VaultError::Tampered(_))));
        vault.drop_draft(zahra, "small-works").await.unwrap();
        vault.drop_draft(zahra, "small-works").await.unwrap();
        assert_eq!(vault.drafts(zahra).await.unwrap().len(), 1);
    }
}

/// Somebody who can write to the store puts one draft under the name of another.
async fn swap_drafts(vault: &Vault) {
    let sql = "UPDATE draft SET sealed = (SELECT sealed FROM draft WHERE name = 'building-permit')";
    match &vault.store {
        Store::Sqlite(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
        Store::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
    }
}

#[tokio::test]
async fn forgetting_a_person_forgets_their_drafts_and_old_ones_go_by_themselves() {
    for place in Place::both().await {
        let vault = place.open().await;
        let persons = vault.persons_for(&[zahra(), Lookup::legal_id("14005893875")]).await.unwrap();
        let (zahra, firm) = (persons[0], persons[1]);
        let now = kernel::Instant(1_800_000_000_000_000);
        vault.keep_draft(zahra, "small-works", CANARY.as_bytes(), now).await.unwrap();
        vault.keep_draft(firm, "small-works", b"the firm's", now).await.unwrap();
        vault.forget(zahra, now).await.unwrap();
        assert_eq!(
            (vault.draft(zahra, "small-works").await.unwrap(), vault.drafts(zahra).await.unwrap()),
            (None, vec![])
        );
        // Another process still has the key; what it would keep would be there for nobody.
        let late = vault.store.keep_draft(zahra, "small-works", "late", now).await.unwrap();
        assert!(!late, "a draft was kept for somebody who is forgotten");
        let refused = vault.keep_draft(zahra, "small-works", b"new", now).await;
        assert!(matches!(refused, Err(VaultError::Forgotten(_))));
        assert_eq!(vault.drafts(firm).await.unwrap().len(), 1, "others keep theirs");

        let later = kernel::Instant(now.0 + i64::try_from(DRAFT_KEPT.as_micros()).unwrap() + 1);
        vault.keep_draft(firm, "building-permit", b"new", later).await.unwrap();
        let left: Vec<String> = vault.drafts(firm).await.unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(left, ["building-permit"]);
    }
}
