//! A Postgres that fails under the read models and the vault (catalogue 31, 32).

use crate::harness::city::runtime;
use crate::harness::{City, Load, Plan, ZAHRA};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use test_support::Database;

/// Readers at the same time: more than any pool has connections.
const READERS: usize = 40;

fn own_cluster() -> City {
    let database = runtime().block_on(Database::create_with_own_cluster());
    Plan { database: Some(database), ..Plan::default() }.start()
}

fn database(city: &City) -> &Database {
    city.database.as_ref().expect("the city is on Postgres")
}

#[test]
fn n31_a_database_that_crashes_or_cuts_its_connections_in_a_transaction_counts_nothing_twice() {
    let city = own_cluster();
    let load = Load::start(&city);
    for _ in 0..5 {
        load.wait_for(5);
        let cut = city.runtime.block_on(database(&city).terminate_backends());
        assert!(cut > 0, "there were connections to cut");
    }
    for _ in 0..2 {
        load.wait_for(5);
        city.runtime.block_on(database(&city).restart());
    }
    load.wait_for(10);
    load.stop();
    city.wait_ready();
    city.assert_whole();
}

#[test]
fn n32_an_exhausted_pool_is_a_503_and_no_deadlock() {
    let city = Plan::on_postgres().start();
    let applied = city.apply();
    let case = applied.case();
    let citizen = city.citizen(ZAHRA);
    citizen.get_after(&format!("/v1/cases/{case}"), applied.position());
    let mut blocker = city.runtime.block_on(PgConnection::connect(database(&city).url())).expect("it connects");
    // Whoever reads this table now keeps a connection of the pool, and soon all are taken.
    let lock = "BEGIN; LOCK TABLE permit_office.cases IN ACCESS EXCLUSIVE MODE";
    city.runtime.block_on(blocker.execute(lock)).expect("the table is locked");
    let readers = (0..READERS).map(|_| {
        let (citizen, path) = (citizen.clone(), format!("/v1/cases/{case}"));
        std::thread::spawn(move || citizen.try_get(&path).expect("the gateway answers before its caller gives up"))
    });
    let readers: Vec<_> = readers.collect();
    for reader in readers {
        let answer = reader.join().expect("a reader ends well");
        assert_eq!(answer.status, 503, "{}", answer.text);
    }
    city.runtime.block_on(blocker.execute("ROLLBACK")).expect("the lock goes");
    citizen.get_after(&format!("/v1/cases/{case}"), city.apply().position());
    city.wait_ready();
    city.assert_whole();
}
