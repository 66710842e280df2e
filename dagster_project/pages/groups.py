"""How pages name groups of journeys: hours, bands of distance, the rest where groups are told as one."""

REST = "Autres, réunis"
HOURS = {f"{hour:02}": f"{hour} h" for hour in range(24)}
BANDS = {
    band: f"{band.replace('-', ' à ')} km" for band in ("0-5", "5-10", "10-20", "20-30", "30-50", "50-100")
}
BANDS["100+"] = "100 km et plus"
